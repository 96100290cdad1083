#pragma once

#include "evenscore/arith/log.h"

/// The logistic link of P64-v1 (docs/arithmetic.md, section 3). Both sides are computed to full relative
/// accuracy: q is never 1 - p.
namespace evenscore::arith {

/// p = 1 / (1 + e^-z) and q = 1 - p, or their logarithms.
template <class T>
struct Pair {
  T p, q;
};

/// At most 0.595 ulp off (0.735 where subnormal). z = Inf gives 1 and 0, -Inf gives 0 and 1, NaN canonical
/// NaN.
template <class T>
EVENSCORE_HD Pair<T> sigmoid64(T z) {
  const T a = at_most(magnitude(z), T(746.0));
  const ExpParts<T> e = exp_parts<T>(negate(a));
  const T s = pow2(at_least(e.k, T(-200.0)));
  const T th = mul(e.high, s);
  const T tl = mul(e.low, s);
  const T dh = add(1.0, th);
  const T dl = add(sub(th, sub(dh, 1.0)), tl);
  const T r = div(1.0, dh);
  const T big = fma(fma(negate(r), dl, fma(negate(r), dh, 1.0)), r, r);
  const T q0 = mul(e.high, r);
  const T es = add(fma(negate(q0), dh, e.high), fma(negate(q0), dl, e.low));
  const T small = scale2(fma(es, r, q0), e.k);
  const auto positive = z >= 0.0;
  return {canonical(select(positive, big, small)), canonical(select(positive, small, big))};
}

/// The f32 probabilities of an f64 score: one rounding, never f32(sigmoid64(z)).
template <class T>
EVENSCORE_HD auto sigmoid32(T z) {
  const T t = exp_for_f32<T>(negate(magnitude(z)));
  const T r = div(1.0, add(1.0, t));
  const T s = mul(t, r);
  const auto positive = z >= 0.0;
  const auto p = canonical(narrow(select(positive, r, s)));
  return Pair<decltype(narrow(z))>{p, canonical(narrow(select(positive, s, r)))};
}

/// log p and log q, at most 0.595 ulp off; -z for z far below 0, never -Inf for a finite score.
template <class T>
EVENSCORE_HD Pair<T> logsigmoid64(T z) {
  const T a = magnitude(z);
  const ExpParts<T> e = exp_parts<T>(negate(at_most(a, T(746.0))));
  const T s = pow2(at_least(e.k, T(-1000.0)));
  const HighLow<T> l = log1p_parts(mul(e.high, s), mul(e.low, s));
  const T tiny = scale2(add(e.high, e.low), e.k);
  const auto is_tiny = e.k < -100.0;
  const T small = select(is_tiny, tiny, add(l.high, l.low));
  const T lh = select(is_tiny, 0.0, l.high);
  const T ll = select(is_tiny, 0.0, l.low);
  const T t = add(a, lh);
  const T bb = sub(t, a);
  const T er = add(sub(a, sub(t, bb)), sub(lh, bb));
  T large = add(t, add(er, ll));
  large = select(a > 1.7e308, a, large);
  const auto positive = z >= 0.0;
  return {canonical(negate(select(positive, small, large))),
          canonical(negate(select(positive, large, small)))};
}

}  // namespace evenscore::arith
