#pragma once

#include <vector>

#include "evenscore/pipeline.h"
#include "evenscore/program.h"

namespace evenscore::verifier {

/// A floating-point format that other software rounds to.
struct FloatFormat {
  double unit;      ///< largest relative error of a rounding
  double tiny;      ///< no less than the error of a result that underflows
  double smallest;  ///< smallest normal number
  double largest;   ///< largest finite number
};

constexpr FloatFormat kBinary64{0x1p-53, 0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp1023};
constexpr FloatFormat kBinary32{0x1p-24, 0x1p-150, 0x1p-126, 0x1.fffffep127};
constexpr FloatFormat kBinary16{0x1p-11, 0x1p-25, 0x1p-14, 65504.0};

/// How the other side of a comparison may have computed the scores of a Program: the same formula, any order
/// of summation, with or without FMA, in these formats.
struct OtherSoftware {
  FloatFormat columns = kBinary64;   ///< of centring and scaling, and of its parameters
  FloatFormat products = kBinary64;  ///< of the dot product, the intercept and the link
  /// n_scores x n_features, before evenscore folded the scale into them; empty = as the Program has them.
  std::vector<double> coefficients;
};

/// The scikit-learn that this pipeline was saved with, any release: it scales f32 rows in f32 and f16 rows in
/// f16, and multiplies f32 rows by f32 coefficients in f32. Under `sklearn` arithmetic the scaling is part of
/// the Program.
OtherSoftware scikit_learn(const Pipeline& pipeline, ElementType rows, Arithmetic arithmetic);

/// Any f64 evaluation of the pipeline's formula.
OtherSoftware any_f64(const Pipeline& pipeline);

}  // namespace evenscore::verifier
