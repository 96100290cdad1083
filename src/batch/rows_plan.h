#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "h5/answer_bytes.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// One of the file's columns, and where its values lie: field and item inside an element of a dataset, the
/// element's position along the other dimension.
struct PlannedColumn {
  std::size_t dataset = 0;  ///< of RowsPlan::datasets
  std::size_t field = 0;
  std::uint64_t item = 0;
  std::uint64_t column = 0;
  std::string unreadable;  ///< why no rows can be read from it ("is text"); empty = they can
};

/// What rows a file holds and how they are stored: what `find_rows` finds.
struct RowsPlan {
  std::string path;  ///< of the dataset or group
  std::uint64_t rows = 0;
  std::vector<h5::StoredDataset> datasets;
  bool transposed = false;  ///< rows lie along dimension 1
  std::vector<PlannedColumn> columns;
  std::vector<std::string> names;     ///< of the columns; empty = the file names none
  bool has_order = true;              ///< false: columns are known by their names alone
  std::vector<PlannedColumn> copies;  ///< RowsOptions::copies, in that order

  /// Whether the rows of a dataset lie along its dimension 1.
  bool is_turned(const h5::StoredDataset& dataset) const { return transposed && dataset.shape.size() == 2; }
  const h5::StoredField& field(const PlannedColumn& column) const {
    return datasets[column.dataset].fields[column.field];
  }
};

constexpr std::uint64_t kMostRows = std::uint64_t{1} << 60;
constexpr std::uint64_t kMostColumns = std::uint64_t{1} << 24;
/// Datasets of a group of columns.
constexpr std::uint64_t kMostMembers = 65'536;

void write_plan(h5::AnswerWriter& out, const RowsPlan& plan);

/// Reads what write_plan wrote and holds it to be foreign: columns lie inside datasets, whose rows agree.
/// Throws Error corrupt_file, unsupported.
RowsPlan read_plan(h5::AnswerReader& in, std::uint64_t file_bytes);

}  // namespace evenscore
