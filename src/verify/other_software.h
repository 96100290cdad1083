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

inline bool is_narrow(const FloatFormat& format) {
  return format.unit > kBinary64.unit;
}

/// How other software may have computed a linear stage that is not the last one.
struct Projection {
  FloatFormat products = kBinary64;  ///< of the products and their sum; of the columns from then on
  /// n_out x n_in, before evenscore folded the scale into them; empty = as the Program has them.
  std::vector<double> coefficients;
  /// Its centre is its own, not a scaler's: x . w - mu . w is computed too, the first product in `products`.
  bool own_centre = false;
  FloatFormat centre = kBinary64;  ///< of mu . w, if that is narrower than `products`
};

/// How the other side of a comparison may have computed the scores of a Program: the same formula, any order
/// of summation and multiplication, with or without FMA, in these formats.
struct OtherSoftware {
  FloatFormat columns = kBinary64;   ///< of all stages, and their parameters, up to the first linear one
  FloatFormat products = kBinary64;  ///< of the last dot product, the intercept and the link
  /// n_scores x columns, before evenscore folded the scale into them; empty = as the Program has them.
  std::vector<double> coefficients;
  /// Of the linear stages before the last, in order; those beyond its end may round to `columns`.
  std::vector<Projection> projections;
  /// Products of three and more columns that round to f32 may be multiplied in another order than the
  /// Program's.
  bool any_product_order = false;
};

/// The scikit-learn that this pipeline was saved with, any release: it computes columns of f32 rows in f32
/// and of f16 rows in f16, and multiplies f32 columns by f32 coefficients in f32. Under `sklearn` arithmetic
/// the columns' roundings are part of the Program.
OtherSoftware scikit_learn(const Pipeline& pipeline, ElementType rows, Arithmetic arithmetic);

/// Any f64 evaluation of the pipeline's formula.
OtherSoftware any_f64(const Pipeline& pipeline);

}  // namespace evenscore::verifier
