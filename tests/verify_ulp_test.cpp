#include "verify/ulp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "evenscore/verify_comparison.h"

namespace evenscore {
namespace {

using verifier::ulp_distance;

TEST(UlpDistance, NeighboursAreOneApart) {
  for (const double x : {0.0, 5e-324, 1e-310, 1.0, 1.5, -1.0, 1e300}) {
    EXPECT_EQ(ulp_distance(x, std::nextafter(x, std::numeric_limits<double>::infinity())), 1U) << x;
    EXPECT_EQ(ulp_distance(std::nextafter(x, -std::numeric_limits<double>::infinity()), x), 1U) << x;
  }
  EXPECT_EQ(ulp_distance(1.0F, std::nextafter(1.0F, 2.0F)), 1U);
  EXPECT_EQ(ulp_distance(std::numeric_limits<double>::max(), std::numeric_limits<double>::infinity()), 1U);
}

TEST(UlpDistance, CountsAcrossZeroAndSignsOfZeroAreEqual) {
  EXPECT_EQ(ulp_distance(0.0, -0.0), 0U);
  EXPECT_EQ(ulp_distance(0.0F, -0.0F), 0U);
  EXPECT_EQ(ulp_distance(-5e-324, 5e-324), 2U);
  EXPECT_EQ(ulp_distance(1.0, 2.0), std::uint64_t{1} << 52);
  EXPECT_EQ(ulp_distance(1.0F, 2.0F), std::uint64_t{1} << 23);
}

TEST(UlpDistance, TheWidestDistanceFitsItsType) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(ulp_distance(-infinity, infinity), std::uint64_t{2} * 0x7ff0000000000000U);
  EXPECT_EQ(ulp_distance(infinity, -infinity), std::uint64_t{2} * 0x7ff0000000000000U);
}

TEST(UlpHistogram, BucketsAreZeroOneTwoThenDouble) {
  const std::uint64_t expected_first[] = {0, 1, 2, 3, 5, 9, 17};
  const std::uint64_t expected_last[] = {0, 1, 2, 4, 8, 16, 32};
  for (int bucket = 0; bucket < 7; ++bucket) {
    EXPECT_EQ(UlpHistogram::first_of(bucket), expected_first[bucket]);
    EXPECT_EQ(UlpHistogram::last_of(bucket), expected_last[bucket]);
  }
  for (int bucket = 0; bucket < UlpHistogram::kBuckets; ++bucket) {
    EXPECT_EQ(UlpHistogram::bucket_of(UlpHistogram::first_of(bucket)), bucket);
    EXPECT_EQ(UlpHistogram::bucket_of(UlpHistogram::last_of(bucket)), bucket);
  }
  EXPECT_EQ(UlpHistogram::last_of(UlpHistogram::kBuckets - 1), std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace evenscore
