#pragma once

#include <span>

#include "codec/bytes.h"

namespace evenscore::codec {

/// Bits of a byte string, the highest of each byte first.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The next `count` bits, 1 to 64, as a number. Beyond the end come zeros.
  std::uint64_t take(unsigned count) {
    const std::size_t first = position_ / 8;
    const unsigned shift = position_ % 8;
    position_ += count;
    std::uint64_t bits = eight_from(first) << shift;
    if (shift + count > 64 && first + 8 < bytes_.size()) {
      bits |= std::to_integer<std::uint64_t>(bytes_[first + 8]) >> (8 - shift);
    }
    return bits >> (64 - count);
  }

 private:
  std::uint64_t eight_from(std::size_t first) const {
    if (first + 8 <= bytes_.size()) return load_big_endian<std::uint64_t>(bytes_.data() + first);
    std::uint64_t bits = 0;
    for (std::size_t i = first; i < first + 8; ++i) {
      bits = bits << 8 | (i < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[i]) : 0);
    }
    return bits;
  }

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace evenscore::codec
