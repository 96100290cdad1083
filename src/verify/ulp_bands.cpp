#include "verify/ulp_bands.h"

#include <fmt/format.h>

#include <numeric>

#include "base/grouped_digits.h"

namespace evenscore::verifier {
namespace {

struct Band {
  int first, last;
};
constexpr Band kBands[] = {{0, 0}, {1, 1},  {2, 2},   {3, 3},   {4, 4},
                           {5, 7}, {8, 11}, {12, 21}, {22, 33}, {34, 65}};

std::string band_name(Band band) {
  const std::uint64_t first = UlpHistogram::first_of(band.first);
  const std::uint64_t last = UlpHistogram::last_of(band.last);
  if (band.last == UlpHistogram::kBuckets - 1) return fmt::format("over {}", grouped(first - 1));
  return first == last ? grouped(first) : fmt::format("{} to {}", grouped(first), grouped(last));
}

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> ulp_bands(const UlpHistogram& histogram) {
  std::vector<std::pair<std::string, std::uint64_t>> bands;
  for (const Band band : kBands) {
    const auto begin = histogram.counts.begin();
    bands.emplace_back(band_name(band),
                       std::accumulate(begin + band.first, begin + band.last + 1, std::uint64_t{0}));
  }
  return bands;
}

}  // namespace evenscore::verifier
