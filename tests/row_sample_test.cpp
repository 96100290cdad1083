// Which rows --sample chooses.
#include "verify/row_sample.h"

#include <gtest/gtest.h>

namespace evenscore::verifier {
namespace {

std::vector<std::int64_t> rows_of(std::int64_t rows, std::int64_t sample, std::uint64_t seed) {
  std::vector<std::int64_t> chosen;
  for (const auto& [first, count] : row_sample(rows, sample, seed)) {
    EXPECT_GT(count, 0);
    for (std::int64_t row = first; row < first + count; ++row) chosen.push_back(row);
  }
  return chosen;
}

TEST(RowSample, HasAsManyDifferentRowsInOrder) {
  for (const std::int64_t sample : {1, 2, 50, 99}) {
    const std::vector<std::int64_t> rows = rows_of(100, sample, 3);
    EXPECT_EQ(static_cast<std::int64_t>(rows.size()), sample);
    for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LT(rows[i - 1], rows[i]);
    EXPECT_GE(rows.front(), 0);
    EXPECT_LT(rows.back(), 100);
  }
}

TEST(RowSample, IsAllRowsWhereThereAreNoMore) {
  EXPECT_EQ(row_sample(5, 5, 1), (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 5}}));
  EXPECT_EQ(row_sample(5, 9, 1), (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 5}}));
  EXPECT_TRUE(row_sample(0, 9, 1).empty());
}

TEST(RowSample, ChoosesEveryRowAboutEquallyOften) {
  std::vector<int> times(20, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    for (const std::int64_t row : rows_of(20, 5, seed)) ++times[static_cast<std::size_t>(row)];
  }
  // 1,000 each on average, with a standard deviation of 27.
  for (const int count : times) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace evenscore::verifier
