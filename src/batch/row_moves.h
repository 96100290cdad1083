#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore {

/// How values of a stored row become values of a row that is read: `count` values next to each other on both
/// sides.
struct RowMove {
  std::size_t from = 0;  ///< bytes from the start of the stored row
  std::size_t to = 0;    ///< bytes from the start of the row that is read
  std::size_t count = 1;
  std::size_t size = 0;          ///< bytes of a stored value; of text all its bytes
  bool swapped = false;          ///< stored in the other byte order
  bool is_boolean = false;       ///< must be 0 or 1
  bool converts = false;         ///< stored as `stored`, read as `read`
  ElementType stored{}, read{};  ///< of numbers
};

/// Joins neighbours that can be moved as one.
std::vector<RowMove> joined(std::vector<RowMove> moves);

/// Moves the values of `n` stored rows, each `from_stride` bytes after the one before, to rows `to_stride`
/// bytes apart. Conversions are exact where RowSource allows them. Throws corrupt_file for a boolean that is
/// neither 0 nor 1.
void move_rows(const std::vector<RowMove>& moves, const std::byte* from, std::size_t from_stride,
               std::size_t n, std::byte* to, std::size_t to_stride);

}  // namespace evenscore
