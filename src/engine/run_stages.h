#pragma once

#include "evenscore/arith/apply_stage.h"

namespace evenscore::engine {

/// All stages of a Program on one row, or a vector of rows: from its n_features values in `a` to its n_scores
/// scores, which the result points at. `a` and `b` hold as many values as the Program's widest row each.
template <class T>
const T* run_stages(const ProgramView& program, T* a, T* b) {
  T rejected = 0.0;
  for (std::int32_t s = 0; s < program.n_stages; ++s) {
    arith::apply_stage(program.stages[s], program.constants, a, b, rejected);
    T* const out = b;
    b = a;
    a = out;
  }
  for (std::int32_t k = 0; k < program.n_scores; ++k) a[k] = arith::score_unless_rejected(a[k], rejected);
  return a;
}

}  // namespace evenscore::engine
