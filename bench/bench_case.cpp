#include "bench_case.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench_memory.h"
#include "measure/reference_check.h"
#include "measure/row_range.h"
#include "program/program_builder.h"

namespace evenscore::bench {
namespace {

constexpr std::int64_t kStrayBytes = 24;  ///< between strided rows

/// `n` values within centre +- spread, the same on every machine.
std::vector<double> values(std::int64_t n, double centre, double spread) {
  std::vector<double> result(static_cast<std::size_t>(n));
  std::uint64_t state = 0;
  for (double& value : result) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    value = centre + spread * (static_cast<double>(state >> 11) * 0x1p-52 - 1.0);
  }
  return result;
}

Program make_program(const CaseOptions& options) {
  CompileOptions compile_options;
  compile_options.rows = options.type;
  if (options.stages == Stages::float32_rounded) compile_options.arithmetic = Arithmetic::sklearn;
  const std::int64_t n = options.n_features;
  const double unit = is_floating(options.type) ? 1.0 : 60.0;
  ProgramBuilder builder(n, compile_options);
  builder.require(Validity::finite);
  if (options.stages == Stages::clipped) {
    builder.multiply(values(n, 0.2 / unit, 0.1 / unit), Float32Scaling::round_each_step);
    builder.add(values(n, 0.5, 0.1), Float32Scaling::round_each_step);
    builder.clip(0.0, 1.0);
  } else {
    builder.centre_and_scale(values(n, 0.0, unit), values(n, 2.0 * unit, unit),
                             Float32Scaling::round_each_step);
  }
  if (options.stages == Stages::two_scalers) {
    builder.centre_and_scale(values(n, 0.0, 0.1), values(n, 1.0, 0.1), Float32Scaling::round_each_step);
  }
  // Scores of a few units whatever the number of features: rows on both sides, no link saturated.
  const double spread = 4.0 / std::sqrt(static_cast<double>(n));
  builder.linear(values(n * options.n_scores, 0.0, spread), values(options.n_scores, 0.0, 1.0));
  return options.n_scores == 1 ? builder.finish(LinkKind::sigmoid, 2)
                               : builder.finish(LinkKind::softmax, options.n_scores);
}

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
    : program_(make_program(options)),
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

}  // namespace evenscore::bench
