// Files of rows that other programs wrote (scripts/make_row_samples.py; tests/row_samples_test.py holds them
// to NumPy's rows): threads that read them at once get the bytes that one reader of batches gets, or the same
// error.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "evenscore/error.h"
#include "evenscore/rows_file.h"

namespace evenscore {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(EVENSCORE_TEST_DATA) / "rows";
constexpr std::size_t kThreads = 3;

std::vector<nlohmann::json> cases() {
  return nlohmann::json::parse(std::ifstream(kFolder / "cases.json"))["cases"];
}

class SharedSamples : public testing::TestWithParam<nlohmann::json> {};

RowsOptions options_of(const nlohmann::json& one) {
  RowsOptions options;
  if (one["dataset"].is_string()) options.dataset = one["dataset"];
  if (one["columns"].is_array()) options.columns = one["columns"];
  options.transpose = one["transpose"];
  return options;
}

// What `read` wrote, or the message of its error.
template <typename Read>
std::string outcome(std::size_t bytes, Read read) {
  std::string rows(bytes, '\xEE');
  try {
    read(reinterpret_cast<std::byte*>(rows.data()));
  } catch (const Error& error) {
    return error.what();
  }
  return rows;
}

void read_by_threads(const RowSource& source, std::int64_t piece, std::size_t row_bytes, std::byte* to) {
  std::vector<std::thread> threads;
  const std::int64_t run = source.count() / static_cast<std::int64_t>(kThreads) + 1;
  for (std::int64_t first = 0; first < source.count(); first += run) {
    threads.emplace_back([&source, first, run, piece, row_bytes, to] {
      const std::int64_t end = std::min(source.count(), first + run);
      for (std::int64_t row = first; row < end; row += piece)
        source.read_shared(row, std::min(piece, end - row), to + static_cast<std::size_t>(row) * row_bytes);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(SharedSamples, AreTheSameRowsForThreadsAsForBatches) {
  const RowsOptions options = options_of(GetParam());
  std::optional<RowSource> source;
  try {
    source.emplace(RowSource::open((kFolder / GetParam()["file"].get<std::string>()).string(), options));
    source->bind(source->columns(), {});
  } catch (const Error&) {
    return;  // refused, or its columns have no order or no common type: there are no rows to read
  }
  const std::size_t row_bytes = static_cast<std::size_t>(source->columns()) * element_size(source->type());
  const std::size_t bytes = static_cast<std::size_t>(source->count()) * row_bytes;
  const std::string wanted = outcome(bytes, [&](std::byte* to) { source->read(0, source->count(), to); });
  if (row_bytes == 0) return;
  ASSERT_TRUE(source->share(kThreads));
  EXPECT_EQ(outcome(bytes, [&](std::byte* to) { source->read_shared(0, source->count(), to); }), wanted);
  if (wanted.size() != bytes) return;
  for (const std::int64_t piece : {1, 5, 64, 1000}) {
    EXPECT_EQ(outcome(bytes, [&](std::byte* to) { read_by_threads(*source, piece, row_bytes, to); }), wanted)
        << piece << " rows at a time";
  }
}

std::string name_of(const testing::TestParamInfo<nlohmann::json>& one) {
  return one.param["name"];
}

INSTANTIATE_TEST_SUITE_P(Cases, SharedSamples, testing::ValuesIn(cases()), name_of);

}  // namespace
}  // namespace evenscore
