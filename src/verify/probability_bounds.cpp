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

ProbabilityBounds::ProbabilityBounds(LinkKind link, std::int32_t n_classes, const FloatFormat& format)
    : link_(link),
      n_classes_(n_classes),
      n_scores_(n_classes == 2 ? 1 : n_classes),
      format_(format),
      proba_(static_cast<std::size_t>(n_classes)),
      low_(static_cast<std::size_t>(n_classes)),
      high_(static_cast<std::size_t>(n_classes)),
      others_low_(static_cast<std::size_t>(n_classes)),
      others_high_(static_cast<std::size_t>(n_classes)) {}

void ProbabilityBounds::set_row(const double* z, const double* bound) {
  z_ = z;
  bound_ = bound;
  filled_ = false;
  finite_ = true;
  for (std::int32_t k = 0; k < n_scores_; ++k) finite_ = finite_ && std::isfinite(z[k]);
}

Interval ProbabilityBounds::decision(std::int32_t score) const {
  if (!finite_) return {kInfinity, -kInfinity, false};
  const double z = z_[score];
  const double b = bound_[score];
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
  const double high = arith::log64(p.high) * (1.0 - 4.0 * u) + u;
  return {low, std::min(high, 0.0), p.allows_nan};
}

void ProbabilityBounds::fill() {
  filled_ = true;
  bool bounded = true;
  for (std::int32_t k = 0; k < n_scores_; ++k) bounded = bounded && bound_[k] < kInfinity;
  if (!bounded) {
    std::fill(proba_.begin(), proba_.end(), Interval{0.0, 1.0, true});
  } else if (n_scores_ == 1) {
    fill_two_classes();
  } else if (link_ == LinkKind::softmax) {
    fill_softmax();
  } else {
    fill_one_vs_rest();
  }
}

void ProbabilityBounds::fill_two_classes() {
  const double factor = link_ == LinkKind::sigmoid_doubled ? 2.0 : 1.0;
  const double z_low = factor * std::nextafter(z_[0] - bound_[0], -kInfinity);
  const double z_high = factor * std::nextafter(z_[0] + bound_[0], kInfinity);
  const double relative = 8.0 * format_.unit;
  const double absolute = 4.0 * format_.tiny;
  const double flush = flush_exponent(format_);
  const arith::Pair<double> at_low = arith::sigmoid64(z_low);
  const arith::Pair<double> at_high = arith::sigmoid64(z_high);
  Interval& first = proba_[0];
  Interval& second = proba_[1];
  second.low = z_low < flush ? 0.0 : widen_down(at_low.p, relative, absolute);
  second.high = clamp_to_unit(at_high.p * (1.0 + relative) + absolute);
  const double itself_low = -z_high < flush ? 0.0 : widen_down(at_high.q, relative, absolute);
  const double itself_high = clamp_to_unit(at_low.q * (1.0 + relative) + absolute);
  first.low = clamp_to_unit(std::min(itself_low, 1.0 - second.high - format_.unit));
  first.high = clamp_to_unit(std::max(itself_high, 1.0 - second.low + format_.unit));
  first.allows_nan = second.allows_nan = false;
}

void ProbabilityBounds::fill_softmax() {
  double m = z_[0];
  double largest_bound = bound_[0];
  for (std::int32_t k = 1; k < n_classes_; ++k) {
    m = std::max(m, z_[k]);
    largest_bound = std::max(largest_bound, bound_[k]);
  }
  if (largest_bound > kLooseBound) {
    std::fill(proba_.begin(), proba_.end(), Interval{0.0, 1.0, false});
    return;
  }
  const auto n = static_cast<std::size_t>(n_classes_);
  for (std::size_t k = 0; k < n; ++k) {
    low_[k] = arith::exp64(z_[k] - m - bound_[k]);
    high_[k] = arith::exp64(z_[k] - m + bound_[k]);
  }
  sum_of_others(low_, others_low_);
  sum_of_others(high_, others_high_);
  const double terms = static_cast<double>(n_classes_);
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

void ProbabilityBounds::fill_one_vs_rest() {
  const double relative = 8.0 * format_.unit;
  const double absolute = 4.0 * format_.tiny;
  const auto n = static_cast<std::size_t>(n_classes_);
  for (std::size_t k = 0; k < n; ++k) {
    const double z_low = std::nextafter(z_[k] - bound_[k], -kInfinity);
    const double z_high = std::nextafter(z_[k] + bound_[k], kInfinity);
    low_[k] =
        z_low < flush_exponent(format_) ? 0.0 : widen_down(arith::sigmoid64(z_low).p, relative, absolute);
    high_[k] = arith::sigmoid64(z_high).p * (1.0 + relative) + absolute;
  }
  sum_of_others(low_, others_low_);
  sum_of_others(high_, others_high_);
  const double slack = (4.0 * static_cast<double>(n_classes_) + 16.0) * format_.unit;
  for (std::size_t k = 0; k < n; ++k) {
    Interval& p = proba_[k];
    p.low = low_[k] > 0.0 ? widen_down(low_[k] / (low_[k] + others_high_[k]), slack, absolute) : 0.0;
    p.high = clamp_to_unit(high_[k] / (high_[k] + others_low_[k]) * (1.0 + slack) + absolute);
    p.allows_nan = low_[k] + others_low_[k] == 0.0;
  }
}

}  // namespace evenscore::verifier
