#pragma once

#include <vector>

#include "evenscore/stage.h"
#include "verify/bounded_tile.h"

namespace evenscore::verifier {

/// One linear stage: how far its sums can be from the exact ones. With u = 2^-53, g(n) = n u / (1 - n u) and
/// S = sum |(x_i - mu_i) w'_i| + |b|:
///
///     P64-v1          g(ceil(F/8) + 6) S     + underflow
///     other software  g(F + 4) S             + underflow + what its formats add
///
/// and the errors of x times |w'| on top. Immutable.
class LinearBounds {
 public:
  /// `columns` is the other software's format of what reaches the stage. Copies what it needs.
  LinearBounds(const Stage& stage, const double* constants, const FloatFormat& columns,
               const Projection& projection);

  /// Makes the sums the tile's columns.
  void project(BoundedTile& tile) const;

  /// The last stage: the errors of its sums alone, n x n_out. Uses up the tile.
  void bound_scores(std::int64_t n, BoundedTile& tile, double* p64, double* other) const;

 private:
  struct Sums;
  void centre(BoundedTile& tile) const;
  void add_up(std::int64_t score, bool with_value, BoundedTile& tile, Sums& sums) const;

  Stage stage_;
  FloatFormat columns_, products_, centre_;
  bool own_centre_;
  std::vector<double> mu_;
  std::vector<double> weights_, intercept_;  ///< n_out x n_in, n_out
  std::vector<double> underflow_p64_, underflow_other_;
  std::vector<double> limits_;  ///< |x - mu| above which the other software's scaled value may overflow
};

}  // namespace evenscore::verifier
