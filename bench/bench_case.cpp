#include "bench_case.h"

#include <algorithm>

#include "bench_memory.h"
#include "measure/reference_check.h"
#include "measure/row_range.h"

namespace evenscore::benchmarks {
namespace {

constexpr std::int64_t kStrayBytes = 24;  ///< between strided rows

/// As many rows as `memory` holds, but at most `most_rows`.
RowsView make_view(const CaseOptions& options, std::span<const std::uint64_t> memory,
                   std::int64_t most_rows) {
  const auto size = static_cast<std::int64_t>(element_size(options.type));
  RowsView view;
  view.data = reinterpret_cast<const std::byte*>(memory.data());
  view.type = options.type;
  view.columns = options.n_features;
  view.column_stride = options.layout == Layout::strided_columns ? 2 * size : size;
  view.row_stride = view.column_stride * view.columns;
  auto bytes = static_cast<std::int64_t>(memory.size_bytes());
  if (options.layout == Layout::strided_rows) view.row_stride += kStrayBytes;
  if (options.layout == Layout::misaligned) {
    view.data += size;  // numbers stay whole: other bits would be other numbers, such as NaN
    bytes -= size;
  }
  view.count = std::min(bytes / view.row_stride, most_rows);
  if (options.layout == Layout::column_major) {
    view.row_stride = size;
    view.column_stride = size * view.count;
  }
  return view;
}

}  // namespace

Case::Case(const CaseOptions& options)
    : program_(bench_program(options.n_features, options.n_scores, options.type, options.stages)),
      layout_(program_, options.wanted, options.output_type),
      engine_(make_engine(EngineKind::cpu, program_, {options.threads})) {
  const std::int64_t most_rows = layout_.rows_in(static_cast<std::int64_t>(bench_memory().results().size()));
  view_ = make_view(options, bench_memory().rows(options.type), most_rows);
}

std::int64_t Case::bytes_read() const {
  return view_.count * view_.columns * static_cast<std::int64_t>(element_size(view_.type));
}

std::int64_t Case::bytes_written() const {
  return view_.count * layout_.row_bytes();
}

void Case::run(std::int64_t first, std::int64_t count) {
  engine_->run(measure::row_range(view_, first, count),
               layout_.view(bench_memory().results(), rows(), first));
}

bool Case::check() {
  const std::span<std::uint64_t> results = bench_memory().results();
  std::fill(results.begin(), results.end(), 0x5a5a5a5a5a5a5a5aULL);
  run();
  return measure::ReferenceCheck(program_, view_, layout_, 4096)
      .first_difference(results, rows(), rows())
      .empty();
}

}  // namespace evenscore::benchmarks
