#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace evenscore::verifier {

/// `sample` different rows of `rows`, every set of them equally likely, the same for the same seed on every
/// machine; as ranges [first, first + count) in ascending order, neighbours together. All rows, as one range,
/// where there are no more.
std::vector<std::pair<std::int64_t, std::int64_t>> row_sample(std::int64_t rows, std::int64_t sample,
                                                              std::uint64_t seed);

}  // namespace evenscore::verifier
