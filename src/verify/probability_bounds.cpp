#include "verify/probability_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evenscore/arith/finish_row.h"

namespace evenscore::verifier {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// A softmax of scores that are known no better than this is known to be in [0, 1].
constexpr double kLooseBound = 1.0;

/// Exponents below which a result may be flushed to 0: e^-708 is the smallest normal f64 but for a factor
/// of 1.5.
double flush_exponent(const FloatFormat& format) {
  return format.unit > kBinary64.unit ? -86.0 : -708.0;
}

double clamp_to_unit(double p) {
  return std::min(std::max(p, 0.0), 1.0);
}

/// x (1 - relative) - absolute, never below 0.
double widen_down(double x, double relative, double absolute) {
  return std::max(0.0, x * (1.0 - relative) - absolute);
}

/// others[k] = the sum of all values but values[k], to a relative error: no difference is taken.
void sum_of_others(const std::vector<double>& values, std::vector<double>& others) {
  double before = 0.0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    others[k] = before;
    before += values[k];
  }
  double after = 0.0;
  for (std::size_t k = values.size(); k-- > 0;) {
    others[k] += after;
    after += values[k];
  }
}

}  // namespace

PredictionRules rules_of(const Program& program) {
  return {program.link,           program.n_classes,       program.n_scores(), program.label_rule,
          program.positive_first, program.uniform_if_zero, program.threshold};
}

ProbabilityBounds::ProbabilityBounds(const PredictionRules& rules, const FloatFormat& format)
    : rules_(rules),
      format_(format),
      proba_(static_cast<std::size_t>(rules.n_classes)),
      low_(static_cast<std::size_t>(rules.n_classes)),
      high_(static_cast<std::size_t>(rules.n_classes)),
      others_low_(static_cast<std::size_t>(rules.n_classes)),
      others_high_(static_cast<std::size_t>(rules.n_classes)) {}

void ProbabilityBounds::set_row(const double* z, const double* bound) {
  z_ = z;
  bound_ = bound;
  filled_ = false;
  finite_ = true;
  for (std::int32_t k = 0; k < rules_.n_scores; ++k) finite_ = finite_ && std::isfinite(z[k]);
}

Interval ProbabilityBounds::decision(std::int32_t score) const {
  if (!finite_) return {kInfinity, -kInfinity, false};
  const double z = z_[score];
  const double b = bound_[score];
  if (rules_.link == LinkKind::exponential) return exponential(z, b);
  if (!(b < kInfinity)) return {-kInfinity, kInfinity, true};
  return {std::nextafter(z - b, -kInfinity), std::nextafter(z + b, kInfinity), false};
}

Interval ProbabilityBounds::proba(std::int32_t column) {
  if (!finite_) return {kInfinity, -kInfinity, false};
  if (!filled_) fill();
  return proba_[static_cast<std::size_t>(column)];
}

Interval ProbabilityBounds::log_proba(std::int32_t column) {
  if (!finite_) return {kInfinity, -kInfinity, false};
  const Interval p = proba(column);
  const double u = format_.unit;
  const double low = p.low > 0.0 ? arith::log64(p.low) * (1.0 + 4.0 * u) - u : -kInfinity;
  double high = arith::log64(p.high) * (1.0 - 4.0 * u) + u;
  if (low == -kInfinity) high = std::max(high, arith::log64(format_.smallest) * (1.0 - 4.0 * u));
  return {low, std::min(high, 0.0), p.allows_nan};
}

Interval ProbabilityBounds::exponential(double z, double bound) const {
  if (!(bound < kInfinity)) return {0.0, kInfinity, true};
  const double z_low = std::nextafter(z - bound, -kInfinity);
  const double z_high = std::nextafter(z + bound, kInfinity);
  const double relative = 8.0 * format_.unit;
  const double largest = format_.largest * (1.0 - 2.0 * relative);
  const double low =
      z_low < flush_exponent(format_) ? 0.0 : widen_down(arith::exp64(z_low), relative, 4.0 * format_.tiny);
  const double high = arith::exp64(z_high) * (1.0 + relative) + 4.0 * format_.tiny;
  return {std::min(low, largest), high > largest ? kInfinity : high, false};
}

bool ProbabilityBounds::is_on_one_side(double low, double high) const {
  const double rounded = format_.unit > kBinary64.unit ? format_.unit * std::fabs(rules_.threshold) : 0.0;
  return low > rules_.threshold + rounded || high < rules_.threshold - rounded;
}

bool ProbabilityBounds::is_certified() {
  if (!finite_ || rules_.n_classes == 0) return false;
  if (rules_.n_scores > 1 || rules_.label_rule == LabelRule::score)
    return verifier::is_certified(z_, bound_, rules_.n_scores);
  if (rules_.label_rule == LabelRule::decision_threshold) {
    const Interval z = decision(0);
    return rules_.positive_first ? is_on_one_side(-z.high, -z.low) : is_on_one_side(z.low, z.high);
  }
  const Interval p = proba(rules_.positive_first ? 0 : 1);
  return !p.allows_nan && is_on_one_side(p.low, p.high);
}

bool is_certified(const double* z, const double* bound, std::int32_t n_scores) {
  for (std::int32_t k = 0; k < n_scores; ++k) {
    if (!std::isfinite(z[k])) return false;
  }
  if (n_scores == 1) return std::fabs(z[0]) > bound[0];
  constexpr double kDifferenceCovered = 1.0 - 0x1p-50;
  const int winner = arith::label_of_scores(z, n_scores);
  for (std::int32_t k = 0; k < n_scores; ++k) {
    if (k != winner && !((z[winner] - z[k]) * kDifferenceCovered > (bound[winner] + bound[k]))) return false;
  }
  return true;
}

void ProbabilityBounds::fill() {
  filled_ = true;
  bool bounded = true;
  for (std::int32_t k = 0; k < rules_.n_scores; ++k) bounded = bounded && bound_[k] < kInfinity;
  if (!bounded) {
    std::fill(proba_.begin(), proba_.end(), Interval{0.0, 1.0, true});
  } else if (rules_.n_scores == 1) {
    fill_two_classes();
  } else if (rules_.link == LinkKind::softmax) {
    fill_softmax();
  } else {
    fill_sum_to_one();
  }
}

/// The value of one score by itself, that of two classes the second one's: logistic function or modified
/// Huber.
void ProbabilityBounds::bound_term(double z, double bound, double& low, double& high) const {
  const double factor = rules_.link == LinkKind::sigmoid_doubled ? 2.0 : 1.0;
  const double z_low = factor * std::nextafter(z - bound, -kInfinity);
  const double z_high = factor * std::nextafter(z + bound, kInfinity);
  const double relative = 8.0 * format_.unit;
  const double absolute = 4.0 * format_.tiny;
  if (rules_.link == LinkKind::modified_huber) {
    low = widen_down(arith::modified_huber64(z_low), relative, 0.0);
    high = clamp_to_unit(arith::modified_huber64(z_high) * (1.0 + relative));
    return;
  }
  low = z_low < flush_exponent(format_) ? 0.0 : widen_down(arith::sigmoid64(z_low).p, relative, absolute);
  high = arith::sigmoid64(z_high).p * (1.0 + relative) + absolute;
}

void ProbabilityBounds::fill_two_classes() {
  Interval& first = proba_[0];
  Interval& second = proba_[1];
  bound_term(z_[0], bound_[0], second.low, second.high);
  bound_term(-z_[0], bound_[0], first.low, first.high);
  second.high = clamp_to_unit(second.high);
  first.high = clamp_to_unit(first.high);
  first.low = clamp_to_unit(std::min(first.low, 1.0 - second.high - format_.unit));
  first.high = clamp_to_unit(std::max(first.high, 1.0 - second.low + format_.unit));
  first.allows_nan = second.allows_nan = false;
}

void ProbabilityBounds::fill_softmax() {
  double m = z_[0];
  double largest_bound = bound_[0];
  for (std::int32_t k = 1; k < rules_.n_classes; ++k) {
    m = std::max(m, z_[k]);
    largest_bound = std::max(largest_bound, bound_[k]);
  }
  if (largest_bound > kLooseBound) {
    std::fill(proba_.begin(), proba_.end(), Interval{0.0, 1.0, false});
    return;
  }
  const auto n = static_cast<std::size_t>(rules_.n_classes);
  for (std::size_t k = 0; k < n; ++k) {
    low_[k] = arith::exp64(z_[k] - m - bound_[k]);
    high_[k] = arith::exp64(z_[k] - m + bound_[k]);
  }
  sum_of_others(low_, others_low_);
  sum_of_others(high_, others_high_);
  const double terms = static_cast<double>(rules_.n_classes);
  for (std::size_t k = 0; k < n; ++k) {
    const double exponent = std::fabs(z_[k] - m) + bound_[k];
    const double relative = std::min(1.0, (4.0 * terms + 16.0 + 4.0 * exponent) * format_.unit);
    const bool flushes = z_[k] - m - bound_[k] - largest_bound < flush_exponent(format_);
    const double low = flushes ? 0.0 : low_[k] / (low_[k] + others_high_[k]);
    const double high = high_[k] > 0.0 ? high_[k] / (high_[k] + others_low_[k]) : 0.0;
    Interval& p = proba_[k];
    p.low = widen_down(low, relative, 8.0 * format_.tiny);
    p.high = clamp_to_unit(high * (1.0 + relative) + 8.0 * format_.tiny);
    p.allows_nan = false;
  }
}

void ProbabilityBounds::fill_sum_to_one() {
  const double absolute = 4.0 * format_.tiny;
  const auto n = static_cast<std::size_t>(rules_.n_classes);
  for (std::size_t k = 0; k < n; ++k) bound_term(z_[k], bound_[k], low_[k], high_[k]);
  sum_of_others(low_, others_low_);
  sum_of_others(high_, others_high_);
  const double slack = (4.0 * static_cast<double>(n) + 16.0) * format_.unit;
  const double equal_share = 1.0 / static_cast<double>(n);
  for (std::size_t k = 0; k < n; ++k) {
    Interval& p = proba_[k];
    p.low = low_[k] > 0.0 ? widen_down(low_[k] / (low_[k] + others_high_[k]), slack, absolute) : 0.0;
    p.high = high_[k] > 0.0 ? clamp_to_unit(high_[k] / (high_[k] + others_low_[k]) * (1.0 + slack) + absolute)
                            : 0.0;
    const bool may_vanish = low_[k] + others_low_[k] == 0.0;
    const bool vanish = high_[k] + others_high_[k] == 0.0;
    p.allows_nan = may_vanish && !rules_.uniform_if_zero;
    if (!may_vanish || !rules_.uniform_if_zero) continue;
    p.low = vanish ? equal_share * (1.0 - slack) : std::min(p.low, equal_share * (1.0 - slack));
    p.high = std::max(p.high, equal_share * (1.0 + slack));
  }
}

}  // namespace evenscore::verifier
