#pragma once

#include <algorithm>
#include <cstdint>

#include "evenscore/verify_comparison.h"

namespace evenscore::verifier {

/// What was found in some rows of one output of two sides: integer sums and maxima alone, so that tallies of
/// blocks add up to the same result in any order and on any number of threads.
struct ValueTally {
  std::int64_t rows_equal_bits = 0;
  std::int64_t nan_mismatches = 0;
  std::int64_t inf_mismatches = 0;
  std::int64_t out_of_bound = 0;
  std::int64_t rejected = 0;
  std::uint64_t max_ulp = 0;
  double max_abs = 0.0;
  double max_rel = 0.0;
  UlpHistogram ulp_histogram;

  friend ValueTally operator+(const ValueTally& a, const ValueTally& b) {
    ValueTally sum = a;
    sum.rows_equal_bits += b.rows_equal_bits;
    sum.nan_mismatches += b.nan_mismatches;
    sum.inf_mismatches += b.inf_mismatches;
    sum.out_of_bound += b.out_of_bound;
    sum.rejected += b.rejected;
    sum.max_ulp = std::max(sum.max_ulp, b.max_ulp);
    sum.max_abs = std::max(sum.max_abs, b.max_abs);
    sum.max_rel = std::max(sum.max_rel, b.max_rel);
    for (std::size_t i = 0; i < UlpHistogram::kBuckets; ++i)
      sum.ulp_histogram.counts[i] += b.ulp_histogram.counts[i];
    return sum;
  }
};

}  // namespace evenscore::verifier
