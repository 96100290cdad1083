#include "engine/cpu/packed_program.h"

#include <algorithm>

#include "evenscore/arith/column.h"
#include "evenscore/arith/score.h"

namespace evenscore::engine::cpu {
namespace {

/// Whether x / s can be computed from 1 / s (quotient() in columns-inl.h): s positive, far from underflow and
/// overflow, its significand not all ones (P. Markstein, IBM J. Res. Dev. 34(1), 1990).
bool has_exact_reciprocal(double s) {
  constexpr std::uint64_t kSignificand = 0x000fffffffffffffULL;
  return s >= 0x1p-100 && s <= 0x1p100 && (arith::bits_of(s) & kSignificand) != kSignificand;
}

}  // namespace

PackedProgram::PackedProgram(const Program& program)
    : program_(program),
      view_(program_.view()),
      widest_(program_.widest()),
      n_padded_((view_.n_features + arith::kLanes - 1) / arith::kLanes * arith::kLanes) {
  for (const Stage& stage : program_.stages) {
    const bool last = &stage == &program_.stages.back();
    fused_ = fused_ && (last ? arith::is_linear(stage.kind) : arith::is_fusible_column_stage(stage.kind));
  }
  if (!fused_) return;
  const double* constants = view_.constants;
  for (const Stage& stage : program_.stages) {
    const double* p = constants + stage.parameter;
    if (!arith::is_linear(stage.kind)) {
      const bool multiplies = stage.kind == StageKind::multiply || stage.kind == StageKind::divide;
      const bool float32_values = !stages_.empty() && stages_.back().rounding == StageRounding::f32;
      PackedStage packed{stage.kind, stage.rounding, nullptr, nullptr, nullptr, float32_values};
      if (stage.kind != StageKind::reject_infinity) packed.p = pad(p, stage.n_in, multiplies ? 1.0 : 0.0);
      if (stage.kind == StageKind::clip) packed.high = pad(p + stage.n_in, stage.n_in, 0.0);
      if (stage.kind == StageKind::divide) packed.reciprocal = reciprocals(p, stage.n_in);
      stages_.push_back(packed);
      continue;
    }
    if (stage.kind == StageKind::affine_centered) centre_ = pad(p, stage.n_in, 0.0);
    std::vector<double> weights;
    for (std::int64_t k = 0; k < stage.n_out; ++k) {
      const double* row = constants + stage.weight + k * stage.n_in;
      weights.insert(weights.end(), row, row + stage.n_in);
      weights.resize(static_cast<std::size_t>((k + 1) * n_padded_), -0.0);
    }
    weights_ = keep(weights);
  }
}

const double* PackedProgram::keep(const std::vector<double>& values) {
  double* kept = constants_.emplace_back(values.size()).data();
  std::copy(values.begin(), values.end(), kept);
  return kept;
}

const double* PackedProgram::pad(const double* values, std::int64_t n, double padding) {
  std::vector<double> padded(values, values + n);
  padded.resize(static_cast<std::size_t>(n_padded_), padding);
  return keep(padded);
}

const double* PackedProgram::reciprocals(const double* divisors, std::int64_t n) {
  std::vector<double> padded(static_cast<std::size_t>(n_padded_), 1.0);
  for (std::int64_t i = 0; i < n; ++i) {
    if (!has_exact_reciprocal(divisors[i])) return nullptr;
    padded[static_cast<std::size_t>(i)] = arith::div(1.0, divisors[i]);
  }
  return keep(padded);
}

}  // namespace evenscore::engine::cpu
