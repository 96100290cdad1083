#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "h5/handle.h"
#include "h5/part_file.h"

namespace evenscore::h5 {

/// The dataset that a RowsWriter fills.
struct RowsDataset {
  std::string name = "X";
  ElementType type = ElementType::f32;
  std::int64_t rows = 0;
  std::int64_t columns = 1;
  std::vector<std::string> feature_names;  ///< written as an attribute; empty = none
  std::int64_t chunk_rows = 0;             ///< 0 = contiguous
  int gzip_level = 0;                      ///< 0 = not compressed; needs chunk_rows
};

/// Writes one table of rows to a new file: complete under its name or not at all. One thread. Throws what
/// PartFile throws; storage_failure.
class RowsWriter {
 public:
  RowsWriter(const std::string& path, const RowsDataset& dataset, bool overwrite);

  /// Rows [first, first + n), dense, native byte order.
  void write(std::int64_t first, std::int64_t n, const std::byte* data);
  void finish();

 private:
  PartFile part_;
  RowsDataset dataset_;
  Handle file_, data_;
};

}  // namespace evenscore::h5
