#include "verify/judgement.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "verify/ulp.h"

namespace evenscore::verifier {
namespace {

template <class T>
T value(const NumbersView& numbers, std::int64_t row, std::int64_t column) {
  const std::int64_t at = row * numbers.columns + column - numbers.first_column;
  return numbers.type == OutputType::f64 ? static_cast<T>(static_cast<const double*>(numbers.data)[at])
                                         : static_cast<T>(static_cast<const float*>(numbers.data)[at]);
}

bool has(const NumbersView& a, const NumbersView& b) {
  return a.data != nullptr && b.data != nullptr;
}

bool same_row(const NumbersView& a, const NumbersView& b, std::int64_t row) {
  if (!has(a, b)) return true;
  const std::int64_t first = std::max(a.first_column, b.first_column);
  const std::int64_t end = std::min(a.first_column + a.columns, b.first_column + b.columns);
  for (std::int64_t c = first; c < end; ++c) {
    const auto x = std::bit_cast<std::uint64_t>(value<double>(a, row, c));
    if (x != std::bit_cast<std::uint64_t>(value<double>(b, row, c))) return false;
  }
  return true;
}

template <class T>
void judge_value(T truth, T a, T b, RefereeVerdict& verdict) {
  if (!std::isfinite(a) || !std::isfinite(b)) return;
  const std::uint64_t a_off = ulp_distance(a, truth), b_off = ulp_distance(b, truth);
  ++verdict.values;
  verdict.a_nearer += a_off < b_off ? 1 : 0;
  verdict.b_nearer += b_off < a_off ? 1 : 0;
  verdict.a_max_ulp = std::max(verdict.a_max_ulp, a_off);
  verdict.b_max_ulp = std::max(verdict.b_max_ulp, b_off);
}

}  // namespace

Judgements::Judgements(const Pipeline& pipeline, ElementType rows_type, bool sampled)
    : referee_(pipeline, rows_type), sampled_(sampled) {
  verdicts_[0].output = pipeline.classes().size() == 0 ? "prediction" : "decision";
  verdicts_[1].output = "proba";
}

void Judgements::add(const RowsView& rows, const SideView& a, const SideView& b, const BatchBounds& bounds) {
  for (std::int64_t i = 0; i < rows.count && rows_ < kMostJudged; ++i) {
    if (!sampled_ && same_row(a.decision, b.decision, i) && same_row(a.proba, b.proba, i)) continue;
    if (!referee_.judge(rows, i)) continue;
    ++rows_;
    judge_output(0, i, a.decision, b.decision);
    if (referee_.judges_proba()) judge_output(1, i, a.proba, b.proba);
    check_bounds(i, a, bounds);
  }
}

void Judgements::judge_output(std::size_t output, std::int64_t row, const NumbersView& a,
                              const NumbersView& b) {
  if (!has(a, b)) return;
  RefereeVerdict& verdict = verdicts_[output];
  const bool narrow = a.type == OutputType::f32 || b.type == OutputType::f32;
  const std::int64_t first = std::max(a.first_column, b.first_column);
  const std::int64_t end = std::min(a.first_column + a.columns, b.first_column + b.columns);
  for (std::int64_t c = first; c < end; ++c) {
    const auto k = static_cast<std::size_t>(c);
    if (narrow) {
      const float truth = output == 0 ? referee_.decision32()[k] : referee_.proba32()[k];
      judge_value(truth, value<float>(a, row, c), value<float>(b, row, c), verdict);
    } else {
      const double truth = output == 0 ? referee_.decision()[k] : referee_.proba()[k];
      judge_value(truth, value<double>(a, row, c), value<double>(b, row, c), verdict);
    }
  }
}

/// Ours and the truth are two evaluations of one formula: no further apart than the bound.
void Judgements::check_bounds(std::int64_t row, const SideView& a, const BatchBounds& bounds) {
  if (a.decision.data == nullptr || a.decision.type != OutputType::f64) return;
  if (verdicts_[0].output == "prediction") return;
  for (std::int64_t k = 0; k < a.decision.columns; ++k) {
    const double z = bounds.scores[row * a.decision.columns + k];
    const double bound = bounds.bound[row * a.decision.columns + k];
    if (std::isfinite(z) && !(std::fabs(z - referee_.decision()[static_cast<std::size_t>(k)]) <= bound))
      ++verdicts_[0].bounds_exceeded;
  }
}

std::vector<RefereeVerdict> Judgements::verdicts() const {
  std::vector<RefereeVerdict> judged;
  for (const RefereeVerdict& verdict : verdicts_) {
    if (verdict.values > 0) judged.push_back(verdict);
  }
  return judged;
}

}  // namespace evenscore::verifier
