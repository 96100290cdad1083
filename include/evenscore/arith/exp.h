#pragma once

#include "evenscore/arith/ops.h"

/// The exponential function of P64-v1 (docs/arithmetic.md, section 3): argument reduction by k ln 2 with ln 2
/// in two parts, then a polynomial, with the result carried as an unevaluated sum where full accuracy needs
/// it.
namespace evenscore::arith {

constexpr double kLog2E = 0x1.71547652b82fep0;    ///< 1 / ln 2
constexpr double kLn2High = 0x1.62e42fefa38p-1;   ///< ln 2, its first 42 bits: k * kLn2High is exact
constexpr double kLn2Low = 0x1.ef35793c7673p-45;  ///< ln 2 - kLn2High
constexpr double kRoundMagic = 0x1.8p52;          ///< adding and subtracting it rounds to an integer

/// 2^k for integer-valued k in [-1022, 1023]; any value for NaN, which only ever multiplies NaN.
template <class T>
EVENSCORE_HD T pow2(T k) {
  return double_of((bits_of(add(k, kRoundMagic)) + 1023U) << 52);
}

/// v * 2^k for integer-valued k in [-2044, 2046], in two exact factors so that the only rounding is the last.
template <class T>
EVENSCORE_HD T scale2(T v, T k) {
  const T k1 = sub(fma(k, 0.5, kRoundMagic), kRoundMagic);
  const T k2 = sub(k, k1);
  return mul(mul(v, pow2(k1)), pow2(k2));
}

/// (e^r - 1 - r) / r^2 for |r| <= ln(2)/2, for f64 results.
template <class T>
EVENSCORE_HD T exp_tail_f64(T r) {
  T q = 0x1.1ee737a3e9043p-29;
  q = fma(q, r, 0x1.af6e81fccc323p-26);
  q = fma(q, r, 0x1.27e537ae74694p-22);
  q = fma(q, r, 0x1.71ddee738be19p-19);
  q = fma(q, r, 0x1.a01a017b41634p-16);
  q = fma(q, r, 0x1.a01a01b443e7cp-13);
  q = fma(q, r, 0x1.6c16c16c1ec8ep-10);
  q = fma(q, r, 0x1.111111110e9fdp-7);
  q = fma(q, r, 0x1.5555555555543p-5);
  q = fma(q, r, 0x1.555555555555cp-3);
  return fma(q, r, 0x1p-1);
}

/// The same for results that are rounded to f32.
template <class T>
EVENSCORE_HD T exp_tail_f32(T r) {
  T q = 0x1.270740f3465c9p-22;
  q = fma(q, r, 0x1.72e973ec8a593p-19);
  q = fma(q, r, 0x1.a01b7d6eadc1ep-16);
  q = fma(q, r, 0x1.a0198d0ad9d7bp-13);
  q = fma(q, r, 0x1.6c16c0c77dc4bp-10);
  q = fma(q, r, 0x1.11111125c8845p-7);
  q = fma(q, r, 0x1.555555558956cp-5);
  q = fma(q, r, 0x1.555555555075ep-3);
  return fma(q, r, 0x1.ffffffffffedp-2);
}

/// e^x = (high + low) * 2^k.
template <class T>
struct ExpParts {
  T high, low, k;
};

template <class T>
EVENSCORE_HD ExpParts<T> exp_of_reduced(T r, T rl, T k) {
  const T q = exp_tail_f64(r);
  const T c = fma(mul(r, r), q, fma(rl, r, rl));
  const T sh = add(r, c);
  const T sl = add(sub(r, sh), c);
  const T high = add(1.0, sh);
  const T low = add(add(sub(1.0, high), sh), sl);
  return {high, low, k};
}

/// Form A, |x| <= 746.
template <class T>
EVENSCORE_HD ExpParts<T> exp_parts(T x) {
  const T k = sub(fma(x, kLog2E, kRoundMagic), kRoundMagic);
  const T rh = fma(negate(k), kLn2High, x);
  const T r = fma(negate(k), kLn2Low, rh);
  const T rl = fma(negate(k), kLn2Low, sub(rh, r));
  return exp_of_reduced(r, rl, k);
}

/// Form B: of x + xl, |x| <= 746, where xl can be as large as ulp(x) / 2.
template <class T>
EVENSCORE_HD ExpParts<T> exp_parts(T x, T xl) {
  const T k = sub(fma(x, kLog2E, kRoundMagic), kRoundMagic);
  const T rh = fma(negate(k), kLn2High, x);
  const T r0 = fma(negate(k), kLn2Low, rh);
  const T lo = add(fma(negate(k), kLn2Low, sub(rh, r0)), xl);
  const T r = add(r0, lo);
  const T bb = sub(r, r0);
  const T rl = add(sub(r0, sub(r, bb)), sub(lo, bb));
  return exp_of_reduced(r, rl, k);
}

/// e^x, at most 0.595 ulp off (0.735 where the result is subnormal). e^-Inf = 0, e^Inf = Inf, NaN is
/// canonical.
template <class T>
EVENSCORE_HD T exp64(T x) {
  const ExpParts<T> e = exp_parts(at_most(at_least(x, T(-746.0)), T(710.0)));
  return canonical(scale2(add(e.high, e.low), e.k));
}

/// e^x in f64 with an error far below half an ulp of f32: E(x) of docs/arithmetic.md.
template <class T>
EVENSCORE_HD T exp_for_f32(T x) {
  x = at_most(at_least(x, T(-708.0)), T(708.0));
  const T k = sub(fma(x, kLog2E, kRoundMagic), kRoundMagic);
  T r = fma(negate(k), kLn2High, x);
  r = fma(negate(k), kLn2Low, r);
  const T q = exp_tail_f32(r);
  const T p = add(1.0, fma(mul(r, r), q, r));
  return mul(p, pow2(k));
}

/// e^x, correctly rounded for every f32 with |x| < 110.
EVENSCORE_HD float exp32(float x) {
  return canonical(narrow(exp_for_f32(widen(x))));
}

}  // namespace evenscore::arith
