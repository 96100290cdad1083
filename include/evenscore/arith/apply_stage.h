#pragma once

#include "evenscore/arith/column.h"
#include "evenscore/arith/score.h"

/// One stage on all values of a row: one source for every engine (docs/arithmetic.md, section 2). T is
/// double, or a vector of rows in the cpu engine; `v` and `out` yield element i as T, and take one.
namespace evenscore::arith {

/// 0, or NaN where x is infinite.
template <class T>
EVENSCORE_HD T nan_if_infinite(T x) {
  return select(is_nan(x), T(0.0), mul(x, T(0.0)));
}

/// The largest value with its sign, 1 in place of 0: the max norm of scikit-learn before 0.23.
template <class T, class In>
EVENSCORE_HD T signed_max_norm(const Stage& stage, const In& v) {
  T largest = v[0];
  for (std::int64_t i = 1; i < stage.n_in; ++i) {
    const T x = v[i];
    largest = select(x > largest, x, largest);
  }
  return select(largest == T(0.0), T(1.0), largest);
}

/// The largest |v[i]|.
template <class T, class In>
EVENSCORE_HD T max_norm(const Stage& stage, const In& v) {
  T largest = 0.0;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const T size = magnitude(T(v[i]));
    largest = select(size > largest, size, largest);
  }
  return largest;
}

template <class T, class In>
EVENSCORE_HD T norm_of(const Stage& stage, const In& v) {
  if (stage.kind == StageKind::normalize_max) return max_norm<T>(stage, v);
  if (stage.kind == StageKind::normalize_l1) {
    return sum_terms<T>(stage.n_in, [&](std::int64_t i, T& lane) { lane = add(lane, magnitude(T(v[i]))); });
  }
  return sqrt(sum_terms<T>(stage.n_in, [&](std::int64_t i, T& lane) {
    const T x = v[i];
    lane = fma(x, x, lane);
  }));
}

/// What a normalize stage divides a row's values by.
template <class T, class In>
EVENSCORE_HD T divisor_of(const Stage& stage, const double* p, const In& v) {
  if (stage.kind == StageKind::normalize_signed_max) return signed_max_norm<T>(stage, v);
  const T norm = norm_of<T>(stage, v);
  return select(norm < T(p[0]), T(1.0), norm);
}

/// Score k of an affine stage.
template <class T, class In>
EVENSCORE_HD T affine_score(const Stage& stage, const double* constants, std::int64_t k, const In& v) {
  const double* w = constants + stage.weight + k * stage.n_in;
  const double b = constants[stage.intercept + k];
  return stage.kind == StageKind::affine
             ? score<T>(v, w, b, stage.n_in)
             : score_centered<T>(v, constants + stage.parameter, w, b, stage.n_in);
}

template <class T, class In, class Out>
EVENSCORE_HD void apply_products(const Stage& stage, const double* p, const In& v, Out& out) {
  for (std::int64_t j = 0; j < stage.n_out; ++j) {
    const auto left = static_cast<std::int64_t>(p[2 * j]);
    const auto right = static_cast<std::int64_t>(p[2 * j + 1]);
    T product = 1.0;
    if (left >= 0) product = v[left];
    if (right >= 0) product = mul(product, T(out[right]));
    out[j] = stage.rounding == StageRounding::f32 ? T(widen(narrow(product))) : product;
  }
}

/// Applies `stage` to a row's n_in values `v`; its n_out results go to `out`, which must not overlap them.
/// `rejected` is 0, and becomes NaN where a reject stage rejects the row.
template <class T, class In, class Out>
EVENSCORE_HD void apply_stage(const Stage& stage, const double* constants, const In& v, Out out,
                              T& rejected) {
  const double* p = constants + stage.parameter;
  switch (stage.kind) {
    case StageKind::gather:
      for (std::int64_t j = 0; j < stage.n_out; ++j) out[j] = T(v[static_cast<std::int64_t>(p[j])]);
      return;
    case StageKind::products:
      return apply_products<T>(stage, p, v, out);
    case StageKind::normalize_l1:
    case StageKind::normalize_l2:
    case StageKind::normalize_max:
    case StageKind::normalize_signed_max: {
      const T norm = divisor_of<T>(stage, p, v);
      for (std::int64_t i = 0; i < stage.n_in; ++i) out[i] = div(T(v[i]), norm);
      return;
    }
    case StageKind::affine:
    case StageKind::affine_centered:
      for (std::int64_t k = 0; k < stage.n_out; ++k) out[k] = affine_score<T>(stage, constants, k, v);
      return;
    case StageKind::reject_infinity:
    case StageKind::reject_not_finite:
      for (std::int64_t i = 0; i < stage.n_in; ++i) {
        const T x = v[i];
        out[i] = x;
        rejected =
            add(rejected, stage.kind == StageKind::reject_infinity ? nan_if_infinite(x) : mul(x, T(0.0)));
      }
      return;
    default:
      for (std::int64_t i = 0; i < stage.n_in; ++i) out[i] = apply_column_stage(stage, p, i, T(v[i]));
  }
}

/// A score of a row that a reject stage may have rejected: NaN then.
template <class T>
EVENSCORE_HD T score_unless_rejected(T z, T rejected) {
  return canonical(select(is_nan(rejected), rejected, z));
}

}  // namespace evenscore::arith
