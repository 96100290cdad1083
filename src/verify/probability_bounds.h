#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/program.h"
#include "verify/other_software.h"

namespace evenscore::verifier {

/// Where rounding allows a number of the other side to be.
struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool allows_nan = false;
};

/// What a Program says of its scores once they are computed: the scalars of ProgramView.
struct PredictionRules {
  LinkKind link = LinkKind::sigmoid;
  std::int32_t n_classes = 2;  ///< 0 for a regressor
  std::int32_t n_scores = 1;
  LabelRule label_rule = LabelRule::score;
  bool positive_first = false;
  bool uniform_if_zero = false;
  double threshold = 0.0;
};
PredictionRules rules_of(const Program& program);

/// Whether no scores within their bounds can give another label where the label follows from the scores'
/// order, or for one score from its sign.
bool is_certified(const double* z, const double* bound, std::int32_t n_scores);

/// From a row's scores z and the largest |z - other's z| of each to the intervals that hold the other's
/// numbers. Links are monotone in each score, so the ends come from the ends of the scores' intervals,
/// widened by what the other's functions may add, with u the unit of its format:
///   - logistic function, exp, division, modified Huber: 8 u relative, where numpy and scipy need at most 4;
///   a
///     K-term sum K u, and an exponent that was rounded before exp, |z - max| u. Below e^-708 (f32: e^-86) it
///     may be 0: scipy's expit is 0 from -709.78 on, others flush subnormals;
///   - a second class's complement 1 - p: u absolute, so it can be 0 and its log -Inf;
///   - one-vs-rest and modified Huber where every p can be 0: 0/0, NaN, or 1 / K where the rules say so;
///   - log: 4 u relative, and u absolute; of 0 -Inf, or as LinearDiscriminantAnalysis has it the log of the
///     smallest normal number;
///   - exponential: 8 u relative; Inf where it may overflow, 0 where it may be flushed.
/// Both ways of computing are allowed for: column 0 as 1 - p or by itself, log of p or log p directly.
/// Throughout, the error of evaluating the ends themselves is within the widening.
///
/// A row with a score that is not finite allows nothing: only equal values pass there. Reused row after row;
/// one thread.
class ProbabilityBounds {
 public:
  /// `format` is that in which the other side computes from scores on.
  ProbabilityBounds(const PredictionRules& rules, const FloatFormat& format);

  const PredictionRules& rules() const { return rules_; }

  /// Begins a row; `z` and `bound` (n_scores each) are borrowed until the next.
  void set_row(const double* z, const double* bound);

  /// Of a regressor this is the prediction: e^z where the link is exponential.
  Interval decision(std::int32_t score) const;
  Interval proba(std::int32_t column);
  Interval log_proba(std::int32_t column);

  /// Whether no scores within their bounds can give another label (docs/arithmetic.md, section 4). False for
  /// a regressor.
  bool is_certified();

 private:
  void fill();
  void fill_two_classes();
  void fill_softmax();
  void fill_sum_to_one();
  void bound_term(double z, double bound, double& low, double& high) const;
  Interval exponential(double z, double bound) const;
  bool is_on_one_side(double low, double high) const;

  PredictionRules rules_;
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
