#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/stage.h"
#include "verify/other_software.h"

namespace evenscore::verifier {

/// Where rounding allows a number of the other side to be.
struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool allows_nan = false;
};

/// From a row's scores z and the largest |z - other's z| of each to the intervals that hold the other's
/// numbers. Links are monotone in each score, so the ends come from the ends of the scores' intervals,
/// widened by what the other's functions may add, with u the unit of its format:
///   - logistic function, exp, division: 8 u relative, where numpy and scipy need at most 4; a K-term sum K
///   u, and an
///     exponent that was rounded before exp, |z - max| u. Below e^-708 (f32: e^-86) it may be 0: scipy's
///     expit is 0 from -709.78 on, others flush subnormals;
///   - a second class's complement 1 - p: u absolute, so it can be 0 and its log -Inf;
///   - one-vs-rest where every p can be 0: 0/0, NaN;
///   - log: 4 u relative, and u absolute.
/// Both ways of computing are allowed for: column 0 as 1 - p or by itself, log of p or log p directly.
/// Throughout, the error of evaluating the ends themselves is within the widening.
///
/// A row with a score that is not finite allows nothing: only equal values pass there. Reused row after row;
/// one thread.
class ProbabilityBounds {
 public:
  ProbabilityBounds(LinkKind link, std::int32_t n_classes, const FloatFormat& format);

  /// Begins a row; `z` and `bound` (n_scores each) are borrowed until the next.
  void set_row(const double* z, const double* bound);

  Interval decision(std::int32_t score) const;
  Interval proba(std::int32_t column);
  Interval log_proba(std::int32_t column);

 private:
  void fill();
  void fill_two_classes();
  void fill_softmax();
  void fill_one_vs_rest();

  LinkKind link_;
  std::int32_t n_classes_;
  std::int32_t n_scores_;
  FloatFormat format_;
  const double* z_ = nullptr;
  const double* bound_ = nullptr;
  bool finite_ = false;
  bool filled_ = false;
  std::vector<Interval> proba_;
  std::vector<double> low_, high_;                ///< of each class's term in a sum
  std::vector<double> others_low_, others_high_;  ///< of the sum of all other classes' terms
};

}  // namespace evenscore::verifier
