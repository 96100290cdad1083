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
EVENSCORE_HD Pair<double> sigmoid64(double z) {
  const double a = at_most(magnitude(z), 746.0);
  const ExpParts e = exp_parts(negate(a));
  const double s = pow2(at_least(e.k, -200.0));
  const double th = mul(e.high, s);
  const double tl = mul(e.low, s);
  const double dh = add(1.0, th);
  const double dl = add(sub(th, sub(dh, 1.0)), tl);
  const double r = div(1.0, dh);
  const double big = fma(fma(negate(r), dl, fma(negate(r), dh, 1.0)), r, r);
  const double q0 = mul(e.high, r);
  const double es = add(fma(negate(q0), dh, e.high), fma(negate(q0), dl, e.low));
  const double small = scale2(fma(es, r, q0), e.k);
  return {canonical(z >= 0.0 ? big : small), canonical(z >= 0.0 ? small : big)};
}

/// The f32 probabilities of an f64 score: one rounding, never f32(sigmoid64(z)).
EVENSCORE_HD Pair<float> sigmoid32(double z) {
  const double t = exp_for_f32(negate(magnitude(z)));
  const double r = div(1.0, add(1.0, t));
  const double s = mul(t, r);
  return {canonical(narrow(z >= 0.0 ? r : s)), canonical(narrow(z >= 0.0 ? s : r))};
}

/// log p and log q, at most 0.595 ulp off; -z for z far below 0, never -Inf for a finite score.
EVENSCORE_HD Pair<double> logsigmoid64(double z) {
  const double a = magnitude(z);
  const ExpParts e = exp_parts(negate(at_most(a, 746.0)));
  const double s = pow2(at_least(e.k, -1000.0));
  const HighLow l = log1p_parts(mul(e.high, s), mul(e.low, s));
  const double tiny = scale2(add(e.high, e.low), e.k);
  const bool is_tiny = e.k < -100.0;
  const double small = is_tiny ? tiny : add(l.high, l.low);
  const double lh = is_tiny ? 0.0 : l.high;
  const double ll = is_tiny ? 0.0 : l.low;
  const double t = add(a, lh);
  const double bb = sub(t, a);
  const double er = add(sub(a, sub(t, bb)), sub(lh, bb));
  double large = add(t, add(er, ll));
  large = a > 1.7e308 ? a : large;
  return {canonical(negate(z >= 0.0 ? small : large)), canonical(negate(z >= 0.0 ? large : small))};
}

}  // namespace evenscore::arith
