#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "h5/input_file.h"

namespace evenscore {

/// A one-dimensional dataset of text of variable length, which lies all over its file: libhdf5 reads it, in
/// confined child processes, many rows at a time. Movable; one thread at a time. Errors name file and
/// dataset.
class VariableText {
 public:
  static constexpr std::size_t kLongest = std::size_t{64} << 10;  ///< bytes of a value

  /// Rows from `end` on are never read.
  VariableText(h5::InputFile input, std::string dataset, std::uint64_t end);

  /// Bytes of the longest value of rows [first, end). Throws limit_exceeded above kLongest, corrupt_file for
  /// text that is not UTF-8.
  std::size_t longest(std::uint64_t first) const;

  /// Writes rows [first, first + n), each `width` bytes padded with NULs. Throws corrupt_file also for a
  /// value that is longer.
  void read(std::uint64_t first, std::uint64_t n, std::size_t width, std::byte* to);

 private:
  void load(std::uint64_t first, std::size_t width);

  h5::InputFile input_;
  std::string dataset_;
  std::uint64_t end_;
  std::vector<std::byte> values_;  // of rows [kept_from_, kept_until_), padded
  std::uint64_t kept_from_ = 0, kept_until_ = 0;
};

}  // namespace evenscore
