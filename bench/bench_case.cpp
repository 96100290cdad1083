#include "bench_case.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "bench_memory.h"
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

std::int64_t value_size(OutputType type) {
  return type == OutputType::f64 ? 8 : 4;
}

std::int64_t result_bytes(const CaseOptions& options, const Program& program) {
  const std::int64_t proba_row = value_size(options.output_type) * program.n_classes;
  const std::int64_t decision_row = value_size(options.output_type) * program.n_scores();
  return 4 + (options.proba ? proba_row : 0) + (options.log_proba ? proba_row : 0) +
         (options.decision ? decision_row : 0);
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
    ++view.data;
    --bytes;
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
    : options_(options),
      program_(make_program(options)),
      results_(reinterpret_cast<std::byte*>(bench_memory().results().data())),
      engine_(make_engine(EngineKind::cpu, program_, {options.threads})) {
  // 8 bytes a row to spare, so that each result can start at a multiple of 8.
  const auto results = static_cast<std::int64_t>(bench_memory().results().size_bytes());
  const std::int64_t most_rows = results / (result_bytes(options_, program_) + 8);
  view_ = make_view(options_, bench_memory().rows(options_.type), most_rows);
}

std::int64_t Case::bytes_read() const {
  return view_.count * view_.columns * static_cast<std::int64_t>(element_size(view_.type));
}

std::int64_t Case::bytes_written() const {
  return view_.count * result_bytes(options_, program_);
}

RowsView Case::rows_view(std::int64_t first, std::int64_t count) const {
  RowsView view = view_;
  view.data += first * view.row_stride;
  view.count = count;
  return view;
}

/// Results of rows from `first` on, in buffers for `capacity` rows that lie one behind the other in `memory`.
OutputsView Case::outputs(std::byte* memory, std::int64_t capacity, std::int64_t first) const {
  const auto next = [&](std::int64_t row_bytes) {
    std::byte* place = memory + first * row_bytes;
    memory += (capacity * row_bytes + 7) / 8 * 8;
    return place;
  };
  const std::int64_t size = value_size(options_.output_type);
  OutputsView view;
  view.type = options_.output_type;
  view.label_index = reinterpret_cast<std::int32_t*>(next(4));
  if (options_.proba) view.proba = next(size * program_.n_classes);
  if (options_.log_proba) view.log_proba = next(size * program_.n_classes);
  if (options_.decision) view.decision = next(size * program_.n_scores());
  return view;
}

void Case::run(std::int64_t first, std::int64_t count) {
  engine_->run(rows_view(first, count), outputs(results_, rows(), first));
}

bool Case::check() {
  std::memset(results_, 0x5a, bench_memory().results().size_bytes());
  run();
  const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, program_);
  constexpr std::int64_t kBlocks = 16;
  const std::int64_t count = std::min<std::int64_t>(256, rows());
  for (std::int64_t block = 0; block < kBlocks; ++block) {
    if (!same_as_reference(*reference, (rows() - count) * block / (kBlocks - 1), count)) return false;
  }
  return true;
}

bool Case::same_as_reference(Engine& reference, std::int64_t first, std::int64_t count) const {
  const auto results = static_cast<std::size_t>(count * (result_bytes(options_, program_) + 8));
  std::vector<std::uint64_t> expected(results / 8 + 4);
  const OutputsView right = outputs(reinterpret_cast<std::byte*>(expected.data()), count, 0);
  reference.run(rows_view(first, count), right);
  const OutputsView ours = outputs(results_, rows(), first);
  const auto equal = [count](const void* a, const void* b, std::int64_t row_bytes) {
    return a == nullptr || std::memcmp(a, b, static_cast<std::size_t>(count * row_bytes)) == 0;
  };
  const std::int64_t size = value_size(options_.output_type);
  return equal(ours.label_index, right.label_index, 4) &&
         equal(ours.proba, right.proba, size * program_.n_classes) &&
         equal(ours.log_proba, right.log_proba, size * program_.n_classes) &&
         equal(ours.decision, right.decision, size * program_.n_scores());
}

}  // namespace evenscore::bench
