#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "evenscore/verify_comparison.h"

namespace evenscore::verifier {

/// The buckets of an ulp histogram in ten bands for people: near distances one by one, far ones by order of
/// magnitude. Each with its name ("1", "5 to 16") and its count.
std::vector<std::pair<std::string, std::uint64_t>> ulp_bands(const UlpHistogram& histogram);

}  // namespace evenscore::verifier
