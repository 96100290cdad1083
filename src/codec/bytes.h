#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace evenscore::codec {

static_assert(std::endian::native == std::endian::little);

/// At any address.
template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <typename T>
void store(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

inline std::uint8_t swap_bytes(std::uint8_t value) {
  return value;
}
inline std::uint16_t swap_bytes(std::uint16_t value) {
  return __builtin_bswap16(value);
}
inline std::uint32_t swap_bytes(std::uint32_t value) {
  return __builtin_bswap32(value);
}
inline std::uint64_t swap_bytes(std::uint64_t value) {
  return __builtin_bswap64(value);
}

template <typename T>
T load_big_endian(const std::byte* from) {
  return swap_bytes(load<T>(from));
}

}  // namespace evenscore::codec
