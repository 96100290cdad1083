#pragma once

#include "evenscore/arith/ops.h"
#include "evenscore/stage.h"

/// The stages that treat each column by itself (docs/arithmetic.md, section 2).
namespace evenscore::arith {

EVENSCORE_HD bool is_column_stage(StageKind kind) {
  return kind != StageKind::affine && kind != StageKind::affine_centered;
}

/// Column i after a column stage; `p` is the stage's parameter.
EVENSCORE_HD double apply_column_stage(const Stage& stage, const double* p, std::int64_t i, double v) {
  switch (stage.kind) {
    case StageKind::subtract:
      v = sub(v, p[i]);
      break;
    case StageKind::divide:
      v = div(v, p[i]);
      break;
    case StageKind::multiply:
      v = mul(v, p[i]);
      break;
    case StageKind::add:
      v = add(v, p[i]);
      break;
    case StageKind::reject_infinity:
      return fma(v, 0.0, v);
    default:
      v = at_most(at_least(v, p[i]), p[stage.n_in + i]);
  }
  return stage.rounding == StageRounding::f32 ? widen(narrow(v)) : v;
}

}  // namespace evenscore::arith
