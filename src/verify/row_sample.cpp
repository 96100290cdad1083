#include "verify/row_sample.h"

#include <set>

namespace evenscore::verifier {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t next(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

/// Below `bound`, each value equally likely.
std::uint64_t below(std::uint64_t bound, std::uint64_t& state) {
  const std::uint64_t uneven = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t value = next(state);
    if (value >= uneven) return value % bound;
  }
}

}  // namespace

std::vector<std::pair<std::int64_t, std::int64_t>> row_sample(std::int64_t rows, std::int64_t sample,
                                                              std::uint64_t seed) {
  if (rows == 0) return {};
  if (sample >= rows) return {{0, rows}};
  // Floyd: a random row up to r joins, or r itself where it is there already.
  std::set<std::int64_t> chosen;
  std::uint64_t state = seed;
  for (std::int64_t r = rows - sample; r < rows; ++r) {
    const auto row = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(r) + 1, state));
    if (!chosen.insert(row).second) chosen.insert(r);
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
  for (const std::int64_t row : chosen) {
    if (!ranges.empty() && ranges.back().first + ranges.back().second == row) {
      ++ranges.back().second;
    } else {
      ranges.emplace_back(row, 1);
    }
  }
  return ranges;
}

}  // namespace evenscore::verifier
