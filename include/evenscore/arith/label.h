#pragma once

#include "evenscore/arith/ops.h"

/// Labels (docs/arithmetic.md, section 2): scikit-learn's rules for ties.
namespace evenscore::arith {

/// Two classes: a score of exactly 0 gives the first class.
EVENSCORE_HD int label_of_score(double z) {
  return z > 0.0 ? 1 : 0;
}

/// The first class with the largest score. All scores finite.
EVENSCORE_HD int label_of_scores(const double* z, int n_classes) {
  int best = 0;
  for (int k = 1; k < n_classes; ++k) best = z[k] > z[best] ? k : best;
  return best;
}

}  // namespace evenscore::arith
