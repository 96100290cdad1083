// What the limits read and copy is what is there; how fast is no test's business.
#include "evenscore/machine_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace evenscore {
namespace {

/// Sizes around a line, the streams and the pieces that threads take.
constexpr std::size_t kSizes[] = {0,        1, 7, 8, 47, 48, 49, 1000, (1 << 17) - 1, 1 << 17, (1 << 17) + 1,
                                  1'000'003};

std::vector<std::uint64_t> words(std::size_t n) {
  std::vector<std::uint64_t> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = (i + 1) * 0x9e3779b97f4a7c15ULL;
  return values;
}

class MachineLimitsOf : public ::testing::TestWithParam<int> {};

TEST_P(MachineLimitsOf, ReadEveryWordOnce) {
  MachineLimits limits(GetParam());
  for (const std::size_t n : kSizes) {
    const std::vector<std::uint64_t> memory = words(n);
    const MachineLimits::Read read = limits.read(memory);
    EXPECT_EQ(read.sum, std::accumulate(memory.begin(), memory.end(), std::uint64_t{0})) << n << " words";
    EXPECT_GT(read.seconds, 0.0);
    EXPECT_EQ(read.bytes_per_second, static_cast<double>(8 * n) / read.seconds);
  }
}

TEST_P(MachineLimitsOf, CopyEveryWordAndNothingElse) {
  MachineLimits limits(GetParam());
  for (const std::size_t n : kSizes) {
    const std::vector<std::uint64_t> from = words(n);
    std::vector<std::uint64_t> to(n + 8, 1);
    const MachineLimits::Copy copy = limits.copy(from, to);
    EXPECT_TRUE(std::equal(from.begin(), from.end(), to.begin())) << n << " words";
    EXPECT_EQ(std::count(to.begin() + static_cast<std::ptrdiff_t>(n), to.end(), 1U), 8) << n << " words";
    EXPECT_EQ(copy.bytes_per_second, static_cast<double>(16 * n) / copy.seconds);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, MachineLimitsOf, ::testing::Values(0, 1, 2, 5));

TEST(MachineLimits, TakesAllHardwareThreadsByDefault) {
  EXPECT_EQ(MachineLimits().threads(), std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
  EXPECT_EQ(MachineLimits(3).threads(), 3);
}

}  // namespace
}  // namespace evenscore
