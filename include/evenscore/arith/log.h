#pragma once

#include "evenscore/arith/exp.h"

/// Logarithms of P64-v1 (docs/arithmetic.md, section 3), carried as unevaluated sums high + low.
namespace evenscore::arith {

template <class T>
struct HighLow {
  T high, low;
};

/// log(1 + f) + k ln 2, where (nh + nl) / (dh + dl) = f / (2 + f), through 2 artanh.
template <class T>
EVENSCORE_HD HighLow<T> log_core(T nh, T nl, T dh, T dl, T k) {
  const T r = div(1.0, dh);
  const T s0 = mul(nh, r);
  const T e = add(fma(negate(s0), dh, nh), fma(negate(s0), dl, nl));
  const T sl = mul(e, r);
  const T w = mul(s0, s0);
  T p = 0x1.101e903bdfd93p-3;
  p = fma(p, w, 0x1.0f4a9be5a1bebp-3);
  p = fma(p, w, 0x1.3b2153d48defap-3);
  p = fma(p, w, 0x1.745cdb9028218p-3);
  p = fma(p, w, 0x1.c71c725c1a07p-3);
  p = fma(p, w, 0x1.249249242f0a3p-2);
  p = fma(p, w, 0x1.9999999999d58p-2);
  p = fma(p, w, 0x1.5555555555555p-1);
  const T lo = fma(mul(s0, w), p, mul(2.0, sl));
  const T hi = mul(2.0, s0);
  const T kh = mul(k, kLn2High);
  const T t = add(kh, hi);
  const T te = select(k == 0.0, 0.0, add(sub(kh, t), hi));
  const T l2 = add(te, fma(k, kLn2Low, lo));
  const T high = add(t, l2);
  return {high, add(sub(t, high), l2)};
}

/// log(1 + th + tl) for th in [0, 1].
template <class T>
EVENSCORE_HD HighLow<T> log1p_parts(T th, T tl) {
  const auto big = th > 0.41421356237309503;
  const T nb = sub(th, 1.0);
  const T nh = select(big, nb, th);
  const T nl = add(select(big, sub(th, add(nb, 1.0)), 0.0), tl);
  const T c = select(big, 3.0, 2.0);
  const T dh = add(c, th);
  const T dl = add(sub(th, sub(dh, c)), tl);
  return log_core<T>(nh, nl, dh, dl, select(big, 1.0, 0.0));
}

/// log(x + xl) + extra_k ln 2 for positive normal x and integer-valued extra_k.
template <class T>
EVENSCORE_HD HighLow<T> log_parts(T x, T xl, T extra_k = 0.0) {
  const auto u = bits_of(x);
  const auto t = u + (0x3ff0000000000000ULL - 0x3fe6a09e667f3bcdULL);
  const auto ke = t >> 52;
  const T m = double_of(u - ((ke - 1023ULL) << 52));
  // ke < 2^52 in the low bits of 2^52 is the number 2^52 + ke.
  const T k = sub(double_of(ke + 0x4330000000000000ULL), 0x1p52 + 1023.0);
  const T nh = sub(m, 1.0);
  const T nl = mul(xl, pow2<T>(negate(k)));
  const T dh = add(m, 1.0);
  const T dl = add(sub(m, sub(dh, 1.0)), nl);
  return log_core(nh, nl, dh, dl, add(k, extra_k));
}

/// log x, at most 1 ulp off: -Inf at 0, NaN below.
template <class T>
EVENSCORE_HD T log64(T x) {
  const T inf = double_of(0x7ff0000000000000ULL);
  const auto subnormal = x < 0x1p-1022;
  const T normal = select(subnormal, mul(x, 0x1p54), x);
  const HighLow<T> parts = log_parts<T>(normal, 0.0, select(subnormal, -54.0, 0.0));
  const T value = select(x == inf, x, add(parts.high, parts.low));
  return select(x > 0.0, value, select(x == 0.0, negate(inf), double_of(0x7ff8000000000000ULL)));
}

}  // namespace evenscore::arith
