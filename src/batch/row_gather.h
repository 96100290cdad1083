#pragma once

#include <cstddef>
#include <span>

namespace evenscore {

/// A column: values next to each other, one of each row. Of numbers whose bytes are shuffled, one of the
/// bytes.
struct Lane {
  const std::byte* from = nullptr;  ///< the value of the first row
  std::size_t to = 0;               ///< bytes from the start of the row that is read
};

/// Writes values [first, first + n) of each lane, `width` bytes each (1, 2, 4 or 8), to `n` rows, `to_stride`
/// bytes apart. Lanes are in the order of their `to` and do not overlap; sixteen bytes of a row that come
/// from lanes without a gap are written at once.
void gather_rows(std::span<const Lane> lanes, std::size_t width, std::size_t first, std::size_t n,
                 std::byte* to, std::size_t to_stride);

}  // namespace evenscore
