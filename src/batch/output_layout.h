#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "batch/block_digest.h"
#include "batch/label_table.h"
#include "evenscore/prediction_file.h"
#include "h5/contiguous_file.h"

namespace evenscore {

/// A dataset with a row for each row scored.
struct OutputColumn {
  h5::ContiguousDataset dataset;
  std::uint64_t offset = 0;      ///< of row 0, bytes from the start of the file
  BlockDigest digest;            ///< of the rows written so far
  std::vector<BlockHash> ended;  ///< of blocks that are not in the journal yet

  explicit OutputColumn(h5::ContiguousDataset laid_out);
  std::size_t row_bytes() const;
};

/// By name, in byte order, which the outputs' digest needs.
using OutputColumns = std::map<std::string, OutputColumn>;

/// What is laid out in a prediction file. One thread.
class OutputLayout {
 public:
  /// Throws bad_request for a layout that contradicts itself.
  explicit OutputLayout(const PredictionLayout& layout);

  const PredictionLayout& wanted() const { return layout_; }
  const std::optional<LabelTable>& labels() const { return labels_; }  ///< none for a regressor
  OutputColumns& columns() { return columns_; }
  const OutputColumns& columns() const { return columns_; }

  /// All datasets in the order in which they are laid out: /classes first, where there are any.
  std::vector<h5::ContiguousDataset> datasets() const;

  /// The bytes of /classes; none for a regressor.
  std::vector<std::byte> classes() const;

  /// 64 hexadecimal digits, after the last row (PredictionWriter::outputs_digest).
  std::string outputs_digest() const;

 private:
  void check() const;
  void add(h5::ContiguousDataset dataset);
  void add_copied(const CopiedColumn& copy);

  PredictionLayout layout_;
  std::optional<LabelTable> labels_;
  OutputColumns columns_;
};

}  // namespace evenscore
