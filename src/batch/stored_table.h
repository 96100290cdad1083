#pragma once

#include <cstddef>
#include <cstdint>

#include "batch/stored_rows.h"
#include "batch/task_pool.h"
#include "evenscore/element_type.h"
#include "h5/input_file.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// A dataset of one or two dimensions whose elements are single values, read as dense rows. Movable; one
/// caller at a time.
class StoredTable {
 public:
  /// Numbers are read as `as`, which holds every value of the stored type; text as its bytes. Rows lie along
  /// dimension 1 where `transposed`.
  StoredTable(h5::InputFile input, h5::StoredDataset dataset, ElementType as, bool transposed = false,
              int threads = 0);

  const h5::StoredDataset& dataset() const { return rows_.dataset(); }
  std::uint64_t rows() const { return rows_.rows(); }
  std::uint64_t columns() const { return columns_; }
  std::size_t row_bytes() const { return rows_.row_bytes(); }

  /// Rows [first, first + n), which the dataset has. Throws as StoredRows, and corrupt_file when the file
  /// changed.
  void read(std::uint64_t first, std::uint64_t n, std::byte* to);

 private:
  h5::InputFile input_;
  std::uint64_t columns_;
  StoredRows rows_;
  TaskPool pool_;
};

}  // namespace evenscore
