#pragma once

#include <cstdint>

namespace evenscore {

/// What a stage does to a row of f64 values.
enum class StageKind : std::uint8_t {
  subtract,           ///< v[i] = v[i] - p[i]
  divide,             ///< v[i] = v[i] / p[i]
  multiply,           ///< v[i] = v[i] * p[i]
  add,                ///< v[i] = v[i] + p[i]
  clip,               ///< v[i] = at least p[i], then at most p[n_in + i]; NaN stays
  binarize,           ///< v[i] = 1 where v[i] > p[i], else 0; NaN stays
  replace_missing,    ///< v[i] = p[i] where missing; else v[i], or 0 where the flag p[n_in + i] is 0. Missing
                      ///< is what equals p[2 n_in]; NaN equals NaN
  reject_infinity,    ///< all scores of the row become NaN where any v[i] is infinite
  reject_not_finite,  ///< the same where any v[i] is NaN or infinite
  gather,             ///< v'[j] = v[p[j]]
  products,           ///< v'[j] = v[p[2j]] * v'[p[2j + 1]], with -1 for a factor 1 on either side
  normalize_l1,       ///< v[i] / norm, norm = eight-lane sum of |v[i]|, but 1 where norm < p[0]
  normalize_l2,       ///< the same with the root of the eight-lane sum of v[i]^2
  normalize_max,      ///< the same with the largest |v[i]|
  normalize_signed_max,  ///< v[i] / norm, norm = the largest v[i] with its sign, but 1 where that is 0
  affine,                ///< z[k] = eight-lane sum of v[i] * w[k][i], plus b[k]
  affine_centered,       ///< z[k] = eight-lane sum of (v[i] - mu[i]) * w[k][i], plus b[k]; mu is p
};

/// How a column stage rounds: once to f64, or to f64 and then to f32. The second equals f32 arithmetic bit
/// for bit where both operands are f32: 53 >= 2 * 24 + 2 bits make the double rounding innocuous (Figueroa
/// 1995).
enum class StageRounding : std::uint8_t { f64, f32 };

/// One stage of a Program. Offsets index Program constants. Trivially copyable: kernels read it as it is.
struct Stage {
  StageKind kind = StageKind::affine;
  StageRounding rounding = StageRounding::f64;
  std::int64_t n_in = 0;
  std::int64_t n_out = 0;
  std::int64_t parameter = 0;  ///< p, as many values as the kind reads; unused by `affine` and `reject_*`
  std::int64_t weight = 0;     ///< affine: n_out x n_in, row-major
  std::int64_t intercept = 0;  ///< affine: n_out
};

/// From scores to probabilities, or to a regressor's predictions (docs/arithmetic.md, section 3).
enum class LinkKind : std::uint8_t {
  sigmoid,          ///< two classes, one score z: [q, p] of z
  sigmoid_doubled,  ///< two classes, softmax of [-z, z]: [q, p] of 2z
  softmax,          ///< K scores
  one_vs_rest,      ///< K scores: sigmoid of each, over their sum
  modified_huber,   ///< (z clipped to [-1, 1], plus 1) / 2 of each score; for K > 2 over their sum
  none,             ///< classes without probabilities
  identity,         ///< a regressor: the scores are the predictions
  exponential,      ///< a regressor: e^z
};

/// How the class is chosen.
enum class LabelRule : std::uint8_t {
  score,               ///< two classes: z > 0; else the first of the largest scores
  decision_threshold,  ///< two classes: the positive class where its score >= threshold
  proba_threshold,     ///< two classes: the positive class where its probability >= threshold
};

/// What scikit-learn accepts in an input column.
enum class Validity : std::uint8_t { any, no_infinity, finite };

/// A Program as engines and kernels see it. Owns nothing; trivially copyable.
struct ProgramView {
  const Stage* stages = nullptr;
  const double* constants = nullptr;
  const Validity* validity = nullptr;  ///< one an input column
  std::int32_t n_stages = 0;
  std::int32_t n_classes = 0;  ///< 0 for a regressor
  std::int32_t n_scores = 0;   ///< 1 for two classes, else n_classes; a regressor's targets
  LinkKind link = LinkKind::sigmoid;
  LabelRule label_rule = LabelRule::score;
  bool positive_first = false;    ///< of a threshold rule: the positive class is the first one
  bool uniform_if_zero = false;   ///< one_vs_rest: probabilities that are all 0 become 1 / K, not NaN
  bool complement_first = false;  ///< proba of the first of two classes is 1 - p, as scikit-learn computes it
  bool check_inputs = false;      ///< a stage may hide an input that scikit-learn rejects from the scores
  double threshold = 0.0;         ///< of a threshold rule
  std::int64_t n_features = 0;
};

}  // namespace evenscore
