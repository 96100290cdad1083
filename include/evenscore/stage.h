#pragma once

#include <cstdint>

namespace evenscore {

/// What a stage does to a row of f64 values.
enum class StageKind : std::uint8_t {
  subtract,         ///< v[i] = v[i] - p[i]
  divide,           ///< v[i] = v[i] / p[i]
  multiply,         ///< v[i] = v[i] * p[i]
  add,              ///< v[i] = v[i] + p[i]
  clip,             ///< v[i] = at least p[i], then at most p[n_in + i]; NaN stays
  reject_infinity,  ///< v[i] = fma(v[i], 0, v[i]): NaN where v[i] is infinite, else v[i]
  affine,           ///< z[k] = eight-lane sum of v[i] * w[k][i], plus b[k]
  affine_centered,  ///< z[k] = eight-lane sum of (v[i] - mu[i]) * w[k][i], plus b[k]; mu is p
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
  std::int64_t parameter = 0;  ///< p: n_in values, `clip` twice as many; unused by `affine`
  std::int64_t weight = 0;     ///< affine: n_out x n_in, row-major
  std::int64_t intercept = 0;  ///< affine: n_out
};

/// From scores to probabilities (docs/arithmetic.md, section 3).
enum class LinkKind : std::uint8_t {
  sigmoid,          ///< two classes, one score z: [q, p] of z
  sigmoid_doubled,  ///< two classes, softmax of [-z, z]: [q, p] of 2z
  softmax,          ///< K scores
  one_vs_rest,      ///< K scores: sigmoid of each, over their sum
};

/// What scikit-learn accepts in an input column.
enum class Validity : std::uint8_t { any, no_infinity, finite };

/// A Program as engines and kernels see it. Owns nothing; trivially copyable.
struct ProgramView {
  const Stage* stages = nullptr;
  const double* constants = nullptr;
  const Validity* validity = nullptr;  ///< one an input column
  std::int32_t n_stages = 0;
  std::int32_t n_classes = 0;
  std::int32_t n_scores = 0;  ///< 1 for two classes, else n_classes
  LinkKind link = LinkKind::sigmoid;
  bool complement_first = false;  ///< proba of the first of two classes is 1 - p, as scikit-learn computes it
  bool check_inputs = false;      ///< a stage may hide an input that scikit-learn rejects from the scores
  std::int64_t n_features = 0;
};

}  // namespace evenscore
