#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "h5/part_file.h"

namespace evenscore::cli {

/// A text file of row numbers, one a line, complete or not at all; an earlier one is replaced.
class RowList {
 public:
  /// Throws Error: as PartFile.
  RowList(const std::string& path, const std::vector<std::string>& inputs) : file_(path, true, inputs) {}

  /// Throws Error (storage_failure), as commit() does.
  void add(std::int64_t row);
  void commit();

 private:
  void write_waiting();

  h5::PartFile file_;
  std::string waiting_;
  std::uint64_t written_ = 0;
};

}  // namespace evenscore::cli
