#include "pickle/cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace evenscore::pickle {

std::span<const std::byte> Cursor::take(uint64_t bytes) {
  if (bytes > remaining()) {
    arena_.fail(ErrorCode::corrupt_file,
                fmt::format("{} bytes are needed and {} are left", bytes, remaining()),
                "the file is truncated or damaged: copy it again");
  }
  const std::span<const std::byte> taken = stream_.subspan(offset_, static_cast<size_t>(bytes));
  offset_ += taken.size();
  return taken;
}

std::string_view Cursor::take_text(uint64_t bytes) {
  const std::span<const std::byte> taken = take(bytes);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

uint8_t Cursor::take_u8() {
  return std::to_integer<uint8_t>(take(1)[0]);
}

uint64_t Cursor::take_unsigned(size_t bytes) {
  uint64_t value = 0;
  const std::span<const std::byte> taken = take(bytes);
  for (size_t i = bytes; i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(taken[i]);
  return value;
}

int32_t Cursor::take_i32() {
  return static_cast<int32_t>(static_cast<uint32_t>(take_unsigned(4)));
}

double Cursor::take_big_endian_double() {
  uint64_t bits = 0;
  for (const std::byte b : take(8)) bits = bits << 8 | std::to_integer<uint64_t>(b);
  return std::bit_cast<double>(bits);
}

std::string_view Cursor::take_line(size_t longest) {
  const size_t window = std::min<size_t>(stream_.size() - offset_, longest + 1);
  const auto* start = reinterpret_cast<const char*>(stream_.data() + offset_);
  const void* end = window == 0 ? nullptr : std::memchr(start, '\n', window);
  if (end == nullptr) {
    if (window == longest + 1) {
      arena_.fail(ErrorCode::limit_exceeded, fmt::format("a line of text is longer than {} bytes", longest));
    }
    arena_.fail(ErrorCode::corrupt_file, "a line of text has no end",
                "the file is truncated or damaged: copy it again");
  }
  const std::string_view line(start, static_cast<size_t>(static_cast<const char*>(end) - start));
  offset_ += line.size() + 1;
  return line;
}

}  // namespace evenscore::pickle
