#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/program.h"
#include "evenscore/views.h"
#include "verify/other_software.h"

namespace evenscore::verifier {

/// How far computed scores can be from the exact value of a Program's formula, row by row
/// (docs/arithmetic.md, section 4; Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters
/// 3 and 4). With u = 2^-53, g(n) = n u / (1 - n u) and S = sum |(x_i - mu_i) w'_i| + |b|:
///
///     P64-v1          g(ceil(F/8) + 6) S     + underflow
///     other software  g(F + 4) S             + underflow + what its formats add
///
/// Column stages before the linear one that round to f64 are followed by a running error analysis. Column
/// stages that round to f32 (the `sklearn` arithmetic) are not an error but the definition of what is
/// computed: the exact value is that of the formula with these roundings, which every implementation of that
/// release makes alike.
///
/// The errors of S itself are covered. A bound is Inf where the other software may overflow, and for a row
/// whose values are not finite. Immutable; safe to share between threads.
class ScoreBounds {
 public:
  /// Copies both. Throws Error (unsupported) for a Program that does not end in its only linear stage.
  ScoreBounds(const Program& program, const OtherSoftware& other);

  /// For rows in host memory: `p64` and `other` are n x n_scores, |computed - exact| of each score.
  void evaluate(const RowsView& rows, double* p64, double* other) const;

 private:
  struct Tile;
  void load(const RowsView& rows, std::int64_t first, std::int64_t n, Tile& tile) const;
  void subtract(const Stage& stage, Tile& tile) const;
  void divide(const Stage& stage, Tile& tile) const;
  void multiply(const Stage& stage, Tile& tile) const;
  void clip(const Stage& stage, Tile& tile) const;
  void centre(const Stage& stage, Tile& tile) const;
  void sum(std::int64_t n, Tile& tile, double* p64, double* other) const;

  Program program_;
  OtherSoftware other_;
  std::vector<double> weights_;    ///< |w'|, n_scores x columns
  std::vector<double> intercept_;  ///< |b|
  std::vector<double> underflow_p64_, underflow_other_;
  std::vector<double> limits_;  ///< |x - mu| above which the other software's scaled value may overflow
  bool has_columns_ = false;    ///< stages before the linear one, or formats narrower than f64
};

}  // namespace evenscore::verifier
