#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "batch/row_layout.h"
#include "batch/shared_bands.h"

namespace evenscore {

/// Rows of a dataset for several threads at once, each of which reads on in order.
class SharedRows {
 public:
  /// `layout` must outlive this. Keeps at most `bands` bands of decoded chunks that no thread reads from.
  SharedRows(const RowLayout& layout, std::size_t bands) : layout_(layout), bands_(bands) {}

  /// Writes the values of rows [first, first + n), which is not empty. Errors name file, dataset and chunk.
  void read(std::uint64_t first, std::uint64_t n, std::byte* to);

  /// Of all reading that has ended.
  ReadSeconds seconds() const;

 private:
  class Workplace;
  void read_bands(std::uint64_t first, std::uint64_t n, std::byte* to, ReadWorkspace& space);
  SharedBands::Use band(std::uint64_t block, ReadWorkspace& space);

  const RowLayout& layout_;
  SharedBands bands_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ReadWorkspace>> workspaces_;
  std::vector<ReadWorkspace*> idle_;  // those that no thread reads with
};

}  // namespace evenscore
