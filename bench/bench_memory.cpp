#include "bench_memory.h"

#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace evenscore::benchmarks {
namespace {

/// splitmix64's finaliser.
std::uint64_t hash(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

template <class T>
T value(std::uint64_t bits) {
  if constexpr (std::is_floating_point_v<T>) {
    std::int64_t sum = -2 * 65535;
    for (int shift = 0; shift < 64; shift += 16) sum += static_cast<std::int64_t>(bits >> shift & 0xffff);
    return static_cast<T>(static_cast<double>(sum) * 0x1.bbp-16);
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<T>(static_cast<int>(bits % 201) - 100);
  } else {
    return static_cast<T>(bits % 101);
  }
}

/// f16: magnitudes from 1/8 to 2, both signs.
struct Half {
  std::uint16_t bits;
};
template <>
Half value<Half>(std::uint64_t bits) {
  return {static_cast<std::uint16_t>((bits & 0x83ff) | (12 + (bits >> 10 & 3)) << 10)};
}

template <class T>
void fill(std::span<std::uint64_t> memory) {
  constexpr std::size_t kPerWord = sizeof(std::uint64_t) / sizeof(T);
  for (std::size_t i = 0; i < memory.size(); ++i) {
    T values[kPerWord];
    for (std::size_t k = 0; k < kPerWord; ++k)
      values[k] = value<T>(hash((i * kPerWord + k) * 0x9e3779b97f4a7c15ULL));
    std::memcpy(&memory[i], values, sizeof values);
  }
}

void fill(ElementType type, std::span<std::uint64_t> memory) {
  switch (type) {
    case ElementType::f16:
      return fill<Half>(memory);
    case ElementType::f32:
      return fill<float>(memory);
    case ElementType::f64:
      return fill<double>(memory);
    case ElementType::i8:
      return fill<std::int8_t>(memory);
    case ElementType::i16:
      return fill<std::int16_t>(memory);
    case ElementType::i32:
      return fill<std::int32_t>(memory);
    case ElementType::i64:
      return fill<std::int64_t>(memory);
    case ElementType::u8:
      return fill<std::uint8_t>(memory);
    case ElementType::u16:
      return fill<std::uint16_t>(memory);
    case ElementType::u32:
      return fill<std::uint32_t>(memory);
    default:
      return fill<std::uint64_t>(memory);
  }
}

std::size_t wanted_bytes() {
  const char* mib = std::getenv("EVENSCORE_BENCH_MIB");
  const long long count = mib == nullptr ? 256 : std::atoll(mib);
  return static_cast<std::size_t>(count > 0 ? count : 1) << 20;
}

}  // namespace

BenchMemory::BenchMemory(std::size_t bytes)
    : rows_(bytes / 8), results_(bytes / 8 * 4), type_(ElementType::f32) {
  fill(type_, rows_);
}

std::span<const std::uint64_t> BenchMemory::rows(ElementType type) {
  if (type != type_) fill(type, rows_);
  type_ = type;
  return rows_;
}

BenchMemory& bench_memory() {
  static BenchMemory memory(wanted_bytes());
  return memory;
}

}  // namespace evenscore::benchmarks
