#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/program.h"
#include "evenscore/views.h"
#include "verify/bounded_tile.h"
#include "verify/linear_bounds.h"
#include "verify/other_software.h"

namespace evenscore::verifier {

/// How far computed scores can be from the exact value of a Program's formula, row by row
/// (docs/arithmetic.md, section 4; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters
/// 3 and 4). A running error analysis: every value of a row carries the error of P64-v1 and that of the other
/// software from stage to stage (bounded_tile.h); LinearBounds has the formula of a dot product.
///
/// Stages that round to f32 (the `sklearn` arithmetic) are not an error but the definition of what is
/// computed: the exact value is that of the formula with these roundings, which every implementation of that
/// release makes alike.
///
/// A bound is Inf where something may overflow, and for a row that scikit-learn rejects or whose values are
/// not finite. Immutable; safe to share between threads.
class ScoreBounds {
 public:
  /// Copies both. Throws Error (unsupported) for a Program that does not end in a linear stage.
  ScoreBounds(const Program& program, const OtherSoftware& other);

  /// For rows in host memory: `p64` and `other` are n x n_scores, |computed - exact| of each score.
  void evaluate(const RowsView& rows, double* p64, double* other) const;

 private:
  void check_inputs(BoundedTile& tile) const;
  void apply(std::size_t stage, BoundedTile& tile, std::vector<double>& room) const;

  Program program_;
  bool any_product_order_;
  std::vector<FloatFormat> formats_;    ///< the other software's, a stage each
  std::vector<LinearBounds> linear_;    ///< of the linear stages, in order
  std::vector<std::size_t> linear_of_;  ///< index into them, a stage each
  double cover_ = 1.0;                  ///< the roundings of the errors themselves
};

}  // namespace evenscore::verifier
