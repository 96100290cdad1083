#pragma once

#include "evenscore/arith/ops.h"
#include "evenscore/stage.h"

/// The stages that treat each column by itself (docs/arithmetic.md, section 2). T is double, or a vector of
/// rows in the cpu engine.
namespace evenscore::arith {

/// Whether such a stage can stand before the linear one in the cpu engine's fused path. (`reject_infinity`
/// can: a NaN in any column makes every score that follows NaN.)
EVENSCORE_HD bool is_fusible_column_stage(StageKind kind) {
  return kind == StageKind::subtract || kind == StageKind::divide || kind == StageKind::multiply ||
         kind == StageKind::add || kind == StageKind::clip || kind == StageKind::reject_infinity;
}

EVENSCORE_HD bool is_linear(StageKind kind) {
  return kind == StageKind::affine || kind == StageKind::affine_centered;
}

EVENSCORE_HD bool is_column_stage(StageKind kind) {
  return is_fusible_column_stage(kind) || kind == StageKind::binarize || kind == StageKind::replace_missing;
}

/// v where it is not missing, or 0 where the column only tells what is missing.
template <class T>
EVENSCORE_HD T replace_missing(const Stage& stage, const double* p, std::int64_t i, T v) {
  const double missing = p[2 * stage.n_in];
  const T present = p[stage.n_in + i] != 0.0 ? v : T(0.0);
  return missing != missing ? select(is_nan(v), T(p[i]), present) : select(v == T(missing), T(p[i]), present);
}

/// Column i after a column stage; `p` is the stage's parameter. What reject_infinity says of the whole row is
/// the business of apply_stage; here it leaves v as it is.
template <class T>
EVENSCORE_HD T apply_column_stage(const Stage& stage, const double* p, std::int64_t i, T v) {
  switch (stage.kind) {
    case StageKind::subtract:
      v = sub(v, T(p[i]));
      break;
    case StageKind::divide:
      v = div(v, T(p[i]));
      break;
    case StageKind::multiply:
      v = mul(v, T(p[i]));
      break;
    case StageKind::add:
      v = add(v, T(p[i]));
      break;
    case StageKind::binarize:
      return select(is_nan(v), v, select(v > T(p[i]), T(1.0), T(0.0)));
    case StageKind::replace_missing:
      v = replace_missing(stage, p, i, v);
      break;
    case StageKind::reject_infinity:
      return v;
    default:
      v = at_most(at_least(v, T(p[i])), T(p[stage.n_in + i]));
  }
  return stage.rounding == StageRounding::f32 ? T(widen(narrow(v))) : v;
}

}  // namespace evenscore::arith
