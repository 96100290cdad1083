#pragma once

#include <cstddef>
#include <cstdint>

#include "evenscore/arith/logistic.h"
#include "evenscore/element_type.h"

/// What a GPU and the host do block by block to be compared in bulk: one source for what is computed, and
/// sums of hashes, so that the order in which threads come to them cannot matter. Plain C++ but for the
/// forms that end in `_on`, which run on a GPU and throw Error: device_failure, or device_unavailable in a
/// build without nvcc.
namespace evenscore::kernels {

/// splitmix64's finaliser.
EVENSCORE_HD std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// What element `index` with these bits adds to a hash.
EVENSCORE_HD std::uint64_t element_hash(std::uint64_t index, std::uint64_t bits) {
  return mixed(mixed(index * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL) ^ bits);
}

/// What the float with these bits adds to the sweep's: exp32 of it, and both results of sigmoid32.
EVENSCORE_HD std::uint64_t sweep_hash(std::uint64_t bits) {
  const float x = arith::float_of(static_cast<std::uint32_t>(bits));
  const arith::Pair<float> pair = arith::sigmoid32(static_cast<double>(x));
  std::uint64_t h = bits * 0x9e3779b97f4a7c15ULL;
  h = (h ^ arith::bits_of(arith::exp32(x))) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ arith::bits_of(pair.p)) * 0x94d049bb133111ebULL;
  h = (h ^ arith::bits_of(pair.q)) * 0xbf58476d1ce4e5b9ULL;
  return h ^ (h >> 31);
}

/// All 2^32 floats are 256 blocks of 2^24, by their bits; the sum of all blocks is what scripts/sweep prints.
constexpr int kSweepBlocks = 256;
constexpr std::int64_t kSweepBlockFloats = std::int64_t{1} << 24;
std::uint64_t sweep_block(int block);
std::uint64_t sweep_block_on(int ordinal, int block);

/// Dense rows of f32 or f64 whose element (r, c) depends on seed, r and c alone.
struct RandomRows {
  std::uint64_t seed = 0;
  ElementType type = ElementType::f64;  ///< f32 or f64
  std::int64_t columns = 0;
};

/// Kinds of row: half are of ordinary size, a quarter of small and a part of all scales; one in sixteen has
/// values that are denormal, huge, zero, infinite or NaN among others.
enum class RandomRowKind : std::uint8_t { ordinary, small, all_scales, hazards };

EVENSCORE_HD RandomRowKind random_row_kind(std::uint64_t seed, std::uint64_t row) {
  const std::uint64_t draw = mixed(row * 0x9e3779b97f4a7c15ULL + mixed(seed ^ 0x5bf03635d5c5a8e1ULL)) % 16;
  return draw < 8    ? RandomRowKind::ordinary
         : draw < 12 ? RandomRowKind::small
         : draw < 15 ? RandomRowKind::all_scales
                     : RandomRowKind::hazards;
}

/// The exponent of a random value, 0 the one of [1, 2); `least` and `most` are the ends of the type's range.
EVENSCORE_HD std::int32_t random_exponent(RandomRowKind kind, std::uint64_t draw, std::int32_t least,
                                          std::int32_t most) {
  const auto within = [draw](std::int32_t low, std::int32_t high) {
    return low + static_cast<std::int32_t>((draw >> 8) % static_cast<std::uint64_t>(high - low + 1));
  };
  if (kind == RandomRowKind::small) return within(-20, 0);
  if (kind == RandomRowKind::all_scales) return within(-60, 8);
  if (kind == RandomRowKind::hazards) {
    const std::uint64_t choice = draw % 64;
    if (choice == 0) return most;  // infinity or NaN
    if (choice < 3) return most - 1 - within(0, 20);
    if (choice < 16) return least;  // zero or denormal
  }
  return within(-4, 1);
}

/// The bits of element (row, column), of `fraction_bits` and `bias` as its type has them.
EVENSCORE_HD std::uint64_t random_bits(const RandomRows& rows, std::uint64_t row, std::uint64_t column,
                                       int fraction_bits, std::int32_t bias) {
  const std::uint64_t index = row * static_cast<std::uint64_t>(rows.columns) + column;
  const std::uint64_t draw = mixed(index * 0x9e3779b97f4a7c15ULL + mixed(rows.seed));
  const std::uint64_t second = mixed(draw + 0xd1342543de82ef95ULL);
  const RandomRowKind kind = random_row_kind(rows.seed, row);
  const std::int32_t exponent = random_exponent(kind, draw, -bias, bias + 1);
  std::uint64_t fraction = second >> (64 - fraction_bits);
  const bool special = exponent == bias + 1 || exponent == -bias;
  if (special && (second & 1) != 0) fraction = 0;
  const std::uint64_t sign = (second >> 1) & 1;
  const int exponent_bits = fraction_bits == 52 ? 11 : 8;
  return (sign << (fraction_bits + exponent_bits)) |
         (static_cast<std::uint64_t>(exponent + bias) << fraction_bits) | fraction;
}

EVENSCORE_HD std::uint64_t random_f64_bits(const RandomRows& rows, std::uint64_t row, std::uint64_t column) {
  return random_bits(rows, row, column, 52, 1023);
}
EVENSCORE_HD std::uint32_t random_f32_bits(const RandomRows& rows, std::uint64_t row, std::uint64_t column) {
  return static_cast<std::uint32_t>(random_bits(rows, row, column, 23, 127));
}

/// Rows [first, first + count) to `to`: by all threads of the host, or by a GPU into its memory.
void fill_random_rows(const RandomRows& rows, std::int64_t first, std::int64_t count, std::byte* to);
void fill_random_rows_on(int ordinal, const RandomRows& rows, std::int64_t first, std::int64_t count,
                         std::byte* to);

/// The sum of element_hash over `count` elements of 1, 4 or 8 bytes, aligned to their size; the `_on` form
/// reads a GPU's memory, after everything that was put on any of its streams before.
std::uint64_t hash_elements(const void* elements, int element_bytes, std::int64_t count);
std::uint64_t hash_elements_on(int ordinal, const void* elements, int element_bytes, std::int64_t count);

}  // namespace evenscore::kernels
