#include "measure/bench_rows.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "evenscore/error.h"
#include "score/made_up_rows.h"

namespace evenscore::measure {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
constexpr std::int64_t kMadeUpBytes = std::int64_t{256} << 20;
constexpr std::int64_t kBytesAtATime = std::int64_t{8} << 20;

void allocate(BenchRows& rows, ElementType type, std::int64_t count, std::int64_t columns) {
  const auto size = static_cast<std::int64_t>(element_size(type));
  rows.memory.resize(static_cast<std::size_t>((count * columns * size + 7) / 8));
  rows.view = {reinterpret_cast<const std::byte*>(rows.memory.data()),
               type,
               count,
               columns,
               size * columns,
               size,
               MemorySpace::host};
}

BenchRows load(const Pipeline& pipeline, const BenchJob& job, std::int64_t result_bytes) {
  RowSource source = RowSource::open(job.rows_path, job.rows);
  source.bind(pipeline.n_features(), pipeline.feature_names);
  const std::int64_t row_bytes = source.columns() * static_cast<std::int64_t>(element_size(source.type()));
  std::int64_t count = std::min(source.count(), kMostBytes / std::max(row_bytes, result_bytes));
  if (job.row_count > 0) count = std::min(count, job.row_count);
  if (count == 0) {
    throw Error(ErrorCode::bad_request, "there are no rows to time", source.dataset()).in_file(job.rows_path);
  }
  BenchRows rows;
  rows.source = fmt::format("{}:{}", job.rows_path, source.dataset());
  rows.available = source.count();
  allocate(rows, source.type(), count, source.columns());
  const std::int64_t step = source.batch_rows(static_cast<std::size_t>(kBytesAtATime));
  auto* destination = reinterpret_cast<std::byte*>(rows.memory.data());
  for (std::int64_t row = 0; row < count; row += step)
    source.read(row, std::min(step, count - row), destination + row * row_bytes);
  return rows;
}

void refuse_too_many(std::int64_t rows, std::int64_t bytes_a_row) {
  const std::int64_t memory = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const std::int64_t most = memory / 2 / bytes_a_row;
  if (rows <= most) return;
  throw Error(ErrorCode::bad_request,
              fmt::format("{} rows and their results do not fit into half of this machine's memory", rows),
              "--rows", fmt::format("give at most {}", most));
}

BenchRows make_up(const Pipeline& pipeline, const BenchJob& job, std::int64_t result_bytes) {
  GenerateJob generated;
  imitate(generated, pipeline);
  generated.type = job.made_up_type;
  const std::int64_t row_bytes = generated.features * static_cast<std::int64_t>(element_size(generated.type));
  std::int64_t count = job.row_count;
  if (count == 0) {
    count = std::max({std::int64_t{1}, job.batch_rows, kMadeUpBytes / row_bytes});
    count = std::min(count, std::max<std::int64_t>(1, kMostBytes / result_bytes));
  }
  refuse_too_many(count, row_bytes + std::max(row_bytes, result_bytes));
  BenchRows rows;
  rows.source = "made up";
  rows.available = count;
  allocate(rows, generated.type, count, generated.features);
  make_up_rows(generated, 0, count, reinterpret_cast<std::byte*>(rows.memory.data()));
  return rows;
}

}  // namespace

BenchRows bench_rows(const Pipeline& pipeline, const BenchJob& job, std::int64_t result_bytes) {
  return job.rows_path.empty() ? make_up(pipeline, job, result_bytes) : load(pipeline, job, result_bytes);
}

ElementType bench_rows_type(const Pipeline& pipeline, const BenchJob& job) {
  if (job.rows_path.empty()) return job.made_up_type;
  RowSource source = RowSource::open(job.rows_path, job.rows);
  source.bind(pipeline.n_features(), pipeline.feature_names);
  return source.type();
}

}  // namespace evenscore::measure
