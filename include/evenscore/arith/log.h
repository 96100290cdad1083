#pragma once

#include "evenscore/arith/exp.h"

/// Logarithms of P64-v1 (docs/arithmetic.md, section 3), carried as unevaluated sums high + low.
namespace evenscore::arith {

struct HighLow {
  double high, low;
};

/// log(1 + f) + k ln 2, where (nh + nl) / (dh + dl) = f / (2 + f), through 2 artanh.
EVENSCORE_HD HighLow log_core(double nh, double nl, double dh, double dl, double k) {
  const double r = div(1.0, dh);
  const double s0 = mul(nh, r);
  const double e = add(fma(negate(s0), dh, nh), fma(negate(s0), dl, nl));
  const double sl = mul(e, r);
  const double w = mul(s0, s0);
  double p = 0x1.101e903bdfd93p-3;
  p = fma(p, w, 0x1.0f4a9be5a1bebp-3);
  p = fma(p, w, 0x1.3b2153d48defap-3);
  p = fma(p, w, 0x1.745cdb9028218p-3);
  p = fma(p, w, 0x1.c71c725c1a07p-3);
  p = fma(p, w, 0x1.249249242f0a3p-2);
  p = fma(p, w, 0x1.9999999999d58p-2);
  p = fma(p, w, 0x1.5555555555555p-1);
  const double lo = fma(mul(s0, w), p, mul(2.0, sl));
  const double hi = mul(2.0, s0);
  const double kh = mul(k, kLn2High);
  const double t = add(kh, hi);
  const double te = k == 0.0 ? 0.0 : add(sub(kh, t), hi);
  const double l2 = add(te, fma(k, kLn2Low, lo));
  const double high = add(t, l2);
  return {high, add(sub(t, high), l2)};
}

/// log(1 + th + tl) for th in [0, 1].
EVENSCORE_HD HighLow log1p_parts(double th, double tl) {
  const bool big = th > 0.41421356237309503;
  const double nb = sub(th, 1.0);
  const double nh = big ? nb : th;
  const double nl = add(big ? sub(th, add(nb, 1.0)) : 0.0, tl);
  const double c = big ? 3.0 : 2.0;
  const double dh = add(c, th);
  const double dl = add(sub(th, sub(dh, c)), tl);
  return log_core(nh, nl, dh, dl, big ? 1.0 : 0.0);
}

/// log(x + xl) + extra_k ln 2 for positive normal x and integer-valued extra_k.
EVENSCORE_HD HighLow log_parts(double x, double xl, double extra_k = 0.0) {
  const std::uint64_t u = bits_of(x);
  const std::uint64_t t = u + (0x3ff0000000000000ULL - 0x3fe6a09e667f3bcdULL);
  const std::uint64_t ke = t >> 52;
  const double m = double_of(u - ((ke - 1023U) << 52));
  const double k = static_cast<double>(static_cast<std::int64_t>(ke) - 1023);
  const double nh = sub(m, 1.0);
  const double nl = mul(xl, pow2(negate(k)));
  const double dh = add(m, 1.0);
  const double dl = add(sub(m, sub(dh, 1.0)), nl);
  return log_core(nh, nl, dh, dl, add(k, extra_k));
}

}  // namespace evenscore::arith
