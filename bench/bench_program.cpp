#include "bench_program.h"

#include <cmath>
#include <vector>

#include "program/program_builder.h"

namespace evenscore::benchmarks {
namespace {

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

}  // namespace

Program bench_program(std::int64_t n_features, std::int32_t n_scores, ElementType type, Stages stages) {
  CompileOptions compile_options;
  compile_options.rows = type;
  if (stages == Stages::float32_rounded) compile_options.arithmetic = Arithmetic::sklearn;
  const double unit = is_floating(type) ? 1.0 : 60.0;
  ProgramBuilder builder(n_features, compile_options);
  builder.require(Validity::finite);
  if (stages == Stages::clipped) {
    builder.multiply(values(n_features, 0.2 / unit, 0.1 / unit), Float32Scaling::round_each_step);
    builder.add(values(n_features, 0.5, 0.1), Float32Scaling::round_each_step);
    builder.clip(0.0, 1.0);
  } else {
    builder.centre_and_scale(values(n_features, 0.0, unit), values(n_features, 2.0 * unit, unit),
                             Float32Scaling::round_each_step);
  }
  if (stages == Stages::two_scalers) {
    builder.centre_and_scale(values(n_features, 0.0, 0.1), values(n_features, 1.0, 0.1),
                             Float32Scaling::round_each_step);
  }
  // Scores of a few units whatever the number of features: rows on both sides, no link saturated.
  const double spread = 4.0 / std::sqrt(static_cast<double>(n_features));
  builder.linear(values(n_features * n_scores, 0.0, spread), values(n_scores, 0.0, 1.0));
  return n_scores == 1 ? builder.finish(LinkKind::sigmoid, 2) : builder.finish(LinkKind::softmax, n_scores);
}

}  // namespace evenscore::benchmarks
