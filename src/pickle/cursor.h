#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pickle/arena.h"

namespace evenscore::pickle {

/// Reads forward through the arena's stream. Every length is compared with what is left before anything is
/// taken; a stream that ends too early is Error(corrupt_file).
class Cursor {
 public:
  explicit Cursor(const Arena& arena) : arena_(arena), stream_(arena.stream()) {}

  uint64_t offset() const { return offset_; }
  uint64_t remaining() const { return stream_.size() - offset_; }

  std::span<const std::byte> take(uint64_t bytes);
  std::string_view take_text(uint64_t bytes);
  uint8_t take_u8();
  /// Little-endian, `bytes` of 1, 2, 4 or 8.
  uint64_t take_unsigned(size_t bytes);
  int32_t take_i32();
  double take_big_endian_double();
  /// The text before the next line feed, which is taken too; at most `longest` bytes.
  std::string_view take_line(size_t longest);

 private:
  const Arena& arena_;
  std::span<const std::byte> stream_;
  size_t offset_ = 0;
};

}  // namespace evenscore::pickle
