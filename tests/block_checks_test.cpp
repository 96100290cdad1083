#include "kernels/block_checks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "evenscore/arith/ops.h"

namespace evenscore::kernels {
namespace {

TEST(BlockHash, SeesEveryBitAndEveryPlace) {
  std::vector<std::uint32_t> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint32_t>(i * i);
  const std::uint64_t hash = hash_elements(values.data(), 4, 1000);
  for (const std::size_t at : {std::size_t{0}, std::size_t{499}, std::size_t{999}}) {
    for (int bit = 0; bit < 32; ++bit) {
      values[at] ^= 1U << bit;
      EXPECT_NE(hash_elements(values.data(), 4, 1000), hash) << at << " " << bit;
      values[at] ^= 1U << bit;
    }
  }
  std::swap(values[3], values[7]);
  EXPECT_NE(hash_elements(values.data(), 4, 1000), hash) << "two values have changed places";
  std::swap(values[3], values[7]);
  EXPECT_EQ(hash_elements(values.data(), 4, 1000), hash);
}

TEST(BlockHash, IsTheSumOverElementsInAnyOrder) {
  const std::uint64_t values[] = {1, 0x8000000000000000ULL, 3};
  std::uint64_t sum = 0;
  for (int i = 2; i >= 0; --i) sum += element_hash(static_cast<std::uint64_t>(i), values[i]);
  EXPECT_EQ(hash_elements(values, 8, 3), sum);
  EXPECT_EQ(hash_elements(values, 1, 0), 0U);
}

TEST(RandomRows, DoNotDependOnHowTheyAreSplit) {
  for (const ElementType type : {ElementType::f32, ElementType::f64}) {
    const RandomRows rows{5, type, 7};
    const std::size_t row_bytes = 7 * element_size(type);
    std::vector<std::byte> whole(100 * row_bytes), part(40 * row_bytes);
    fill_random_rows(rows, 1000, 100, whole.data());
    fill_random_rows(rows, 1060, 40, part.data());
    EXPECT_EQ(std::memcmp(whole.data() + 60 * row_bytes, part.data(), part.size()), 0);
    fill_random_rows({6, type, 7}, 1060, 40, part.data());
    EXPECT_NE(std::memcmp(whole.data() + 60 * row_bytes, part.data(), part.size()), 0) << "another seed";
  }
}

TEST(RandomRows, HoldEveryKindOfValueAndMostlyOrdinaryOnes) {
  std::map<int, int> kinds;
  int rows_with_special = 0;
  constexpr int kRows = 20000;
  for (int row = 0; row < kRows; ++row) {
    bool special = false;
    for (std::uint64_t column = 0; column < 5; ++column) {
      const double x = arith::double_of(
          random_f64_bits({1, ElementType::f64, 5}, static_cast<std::uint64_t>(row), column));
      const float y =
          arith::float_of(random_f32_bits({1, ElementType::f32, 5}, static_cast<std::uint64_t>(row), column));
      ++kinds[std::fpclassify(x)];
      ++kinds[std::fpclassify(y) + 100];
      if (std::fabs(x) > 0x1p1000) ++kinds[1000];
      if (std::fabs(y) > 0x1p100F) ++kinds[1001];
      special = special || !std::isfinite(x);
    }
    rows_with_special += special ? 1 : 0;
  }
  for (const int kind : {FP_NAN, FP_INFINITE, FP_ZERO, FP_SUBNORMAL, FP_NORMAL}) {
    EXPECT_GT(kinds[kind], 20) << kind;
    EXPECT_GT(kinds[kind + 100], 20) << kind;
  }
  EXPECT_GT(kinds[1000], 100);
  EXPECT_GT(kinds[1001], 100);
  EXPECT_LT(rows_with_special, kRows / 20);
}

TEST(Sweep, BlocksAreSlicesOfAllFloats) {
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < kSweepBlockFloats; ++i) {
    sum += sweep_hash(static_cast<std::uint64_t>(63 * kSweepBlockFloats + i));
  }
  EXPECT_EQ(sweep_block(63), sum);
}

}  // namespace
}  // namespace evenscore::kernels
