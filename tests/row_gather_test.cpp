// Columns to rows: every width, number of columns and rows, gaps between columns, and nothing written beside
// them.
#include "batch/row_gather.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace evenscore {
namespace {

struct Case {
  std::size_t width, lanes, gap;  // a gap behind every third column
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.lanes << " columns of " << one.width << " bytes, gaps of " << one.gap;
}

class RowGather : public testing::TestWithParam<Case> {};

TEST_P(RowGather, WritesEveryValueToItsPlaceAndNothingElse) {
  const auto [width, count, gap] = GetParam();
  constexpr std::size_t kMostRows = 70, kFirst = 3;
  std::vector<std::vector<std::byte>> columns(count);
  std::vector<Lane> lanes(count);
  std::size_t row_bytes = 5;
  for (std::size_t i = 0; i < count; ++i) {
    // From the heap and of the exact size, so that AddressSanitizer sees a read behind its end.
    columns[i].resize((kFirst + kMostRows) * width);
    for (std::size_t j = 0; j < columns[i].size(); ++j)
      columns[i][j] = static_cast<std::byte>((i * 131 + j * 7 + j / 251) & 0x7F);
    lanes[i] = {columns[i].data(), row_bytes};
    row_bytes += width + (i % 3 == 2 ? gap : 0);
  }
  constexpr auto kUntouched = std::byte{0xEE};
  for (std::size_t n = 0; n <= kMostRows; ++n) {
    const std::size_t first = kFirst + kMostRows - n;
    std::vector<std::byte> wanted(n * row_bytes, kUntouched), rows = wanted;
    for (std::size_t row = 0; row < n; ++row) {
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t byte = 0; byte < width; ++byte)
          wanted[row * row_bytes + lanes[i].to + byte] = columns[i][(first + row) * width + byte];
      }
    }
    gather_rows(lanes, width, first, n, rows.data(), row_bytes);
    ASSERT_EQ(rows, wanted) << n << " rows";
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::size_t width : {1, 2, 4, 8}) {
    for (const std::size_t lanes : {0, 1, 2, 3, 4, 15, 16, 17, 33, 64}) {
      for (const std::size_t gap : {0, 1, 8}) all.push_back({width, lanes, gap});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Columns, RowGather, testing::ValuesIn(cases()));

}  // namespace
}  // namespace evenscore
