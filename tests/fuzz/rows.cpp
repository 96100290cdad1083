// A file of rows, parsed by libhdf5 in the confined child process, and its answer read: an Error or a plan.
// The child may die of anything; it is counted, and its file kept in the folder EVENSCORE_FUZZ_DEAD. What it
// passed is added to the counters that steer fuzzing. Of a plan the first rows are read in both ways, by
// batches and as threads share them: the same bytes, or an Error both times. With EVENSCORE_FUZZ_UNCONFINED
// it is parsed in this process, to see why.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "batch/row_search.h"
#include "batch/rows_plan.h"
#include "batch/stored_rows.h"
#include "batch/task_pool.h"
#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "h5/ask.h"
#include "support/memory_file.h"

// Counters of passed edges, one byte each; there are none without -fsanitize=fuzzer.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern std::uint8_t __start___sancov_cntrs[] __attribute__((weak));
extern std::uint8_t __stop___sancov_cntrs[] __attribute__((weak));
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
}

namespace evenscore::fuzz {
namespace {

// The child's counters, in memory that it shares with this process.
class SharedCounters {
 public:
  SharedCounters() : size_(static_cast<std::size_t>(__stop___sancov_cntrs - __start___sancov_cntrs)) {
    if (size_ == 0) return;
    void* mapped = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(mapped != MAP_FAILED);
    shared_ = static_cast<std::uint8_t*>(mapped);
  }

  void clear() {
    if (size_ != 0) std::memset(shared_, 0, size_);
  }
  void share() {
    if (size_ != 0) std::memcpy(shared_, __start___sancov_cntrs, size_);
  }
  void take() {
    for (std::size_t i = 0; i < size_; ++i)
      __start___sancov_cntrs[i] = std::max(__start___sancov_cntrs[i], shared_[i]);
  }

 private:
  std::size_t size_;
  std::uint8_t* shared_ = nullptr;
};

struct Deaths {
  std::size_t children = 0, dead = 0;

  void add(std::span<const std::byte> bytes) {
    ++dead;
    const char* folder = std::getenv("EVENSCORE_FUZZ_DEAD");
    if (folder == nullptr) return;
    std::ofstream(folder + std::string("/") + std::to_string(getpid()) + "-" + std::to_string(children),
                  std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  ~Deaths() {
    if (children > 1000) std::fprintf(stderr, "%zu of %zu children died\n", dead, children);
  }
};

const std::vector<RowsOptions>& every_options() {
  static const std::vector<RowsOptions> all{
      {}, {"/X", {}, true}, {"/", {"a", "c0"}}, {"/rows", {}}, {"/X", {}, false, {}, 0, -1, {"y"}}};
  return all;
}

void parse(const h5::File& file, h5::AnswerWriter& out) {
  for (const RowsOptions& options : every_options()) {
    h5::AnswerWriter found;
    try {
      write_plan(found, find_rows(file, options));
    } catch (const Error&) {
      out.small(0);
      continue;
    }
    out.small(1);
    const std::vector<std::byte> plan = found.take();
    out.data(plan);
  }
}

constexpr std::uint64_t kMostColumns = 64, kMostRows = 512;
constexpr std::size_t kMostBytes = std::size_t{16} << 20;  // of decoded chunks

using Rows = std::optional<std::vector<std::byte>>;  // nothing = refused

Rows read_by_batches(StoredRows& source, std::uint64_t n) {
  std::vector<std::byte> rows(n * source.row_bytes());
  TaskPool pool(1);
  try {
    StoredRows::Pieces pieces;
    source.add_pieces(0, n, rows.data(), pool.threads(), pieces);
    pieces.run(pool);
  } catch (const Error&) {
    return std::nullopt;
  }
  return rows;
}

Rows read_shared(StoredRows& source, std::uint64_t n) {
  std::vector<std::byte> rows(n * source.row_bytes());
  try {
    for (std::uint64_t row = 0; row < n; row += 100)
      source.read_shared(row, std::min<std::uint64_t>(100, n - row), rows.data() + row * source.row_bytes());
  } catch (const Error&) {
    return std::nullopt;
  }
  return rows;
}

void read_both_ways(const h5::InputFile& input, const RowsPlan& plan) {
  for (const h5::StoredDataset& dataset : plan.datasets) {
    if (!dataset.is_number() || dataset.shape.empty() || dataset.shape.size() > 2) continue;
    const bool turned = plan.is_turned(dataset);
    const std::uint64_t columns = dataset.shape.size() == 2 ? dataset.shape[turned ? 0 : 1] : 1;
    const ElementType type = dataset.only().type->element;
    std::vector<RowValue> values;
    for (std::uint64_t i = 0; i < std::min(columns, kMostColumns); ++i)
      values.push_back({0, 0, i, values.size() * element_size(type), type});
    if (values.empty()) continue;
    StoredRows source(input, dataset, turned, values, values.size() * element_size(type), kMostBytes);
    if (!source.share(2, kMostBytes)) continue;
    const std::uint64_t n = std::min(source.rows(), kMostRows);
    const Rows by_batches = read_by_batches(source, n);
    expect(by_batches == read_shared(source, n));
  }
}

}  // namespace

void rows(std::span<const std::byte> bytes) {
  static test::MemoryFile file;
  static SharedCounters counters;
  static Deaths deaths;
  if (bytes.empty()) return;
  const h5::InputFile input = file.filled(bytes, bytes.size());
  if (std::getenv("EVENSCORE_FUZZ_UNCONFINED") != nullptr) {
    h5::AnswerWriter out;
    try {
      parse(h5::File(input), out);
    } catch (const Error&) {
    }
    return;
  }
  h5::AskLimits limits;
  limits.answer = 64 << 20;
  limits.processor = std::chrono::seconds(2);
  counters.clear();
  ++deaths.children;
  try {
    h5::ask(
        input,
        [&](const h5::File& opened, h5::AnswerWriter& out) {
          parse(opened, out);
          counters.share();
        },
        [&](h5::AnswerReader& in) {
          for (std::size_t i = 0; i < every_options().size(); ++i) {
            if (!in.truth()) continue;
            const std::vector<std::byte> answer = in.data(limits.answer);
            h5::AnswerReader of_plan(answer);
            try {
              const RowsPlan plan = read_plan(of_plan, bytes.size());
              of_plan.finish();
              read_both_ways(input, plan);
            } catch (const Error&) {
            }
          }
        },
        limits);
  } catch (const Error& error) {
    expect(!error.file().empty() && error.code() != ErrorCode::storage_failure);
    if (error.cause().starts_with("libhdf5 failed on this file")) deaths.add(bytes);
  }
  counters.take();
}

}  // namespace evenscore::fuzz
