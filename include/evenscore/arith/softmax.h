#pragma once

#include "evenscore/arith/log.h"

/// Softmax and log-softmax of P64-v1 (docs/arithmetic.md, section 3). What all classes share is computed once
/// by `softmax_sum64` or `softmax_sum32`; then each class is computed alone, without scratch memory.
namespace evenscore::arith {

/// The largest score, NaN if any is NaN.
EVENSCORE_HD double softmax_max(const double* z, int n_classes) {
  double m = z[0];
  for (int k = 1; k < n_classes; ++k) m = (z[k] > m || z[k] != z[k]) ? z[k] : m;
  return m;
}

/// z - m = d + error, exactly.
struct ExactDifference {
  double d, error;
};

EVENSCORE_HD ExactDifference softmax_difference(double z, double m) {
  const double d = sub(z, m);
  const double bb = sub(d, z);
  const double de = sub(sub(z, sub(d, bb)), add(m, bb));
  return {d, de != de ? 0.0 : de};
}

EVENSCORE_HD ExpParts softmax_exp(ExactDifference x) {
  const bool clamped = x.d < -746.0;
  return exp_parts(clamped ? -746.0 : x.d, clamped ? 0.0 : x.error);
}

struct SoftmaxSum64 {
  double max;
  double high, low;   ///< the sum of e^(z - max)
  double reciprocal;  ///< of high
};

EVENSCORE_HD SoftmaxSum64 softmax_sum64(const double* z, int n_classes) {
  const double m = softmax_max(z, n_classes);
  double sh = 0.0;
  double sl = 0.0;
  for (int k = 0; k < n_classes; ++k) {
    const ExpParts e = softmax_exp(softmax_difference(z[k], m));
    const double a = scale2(e.high, e.k);
    const double al = scale2(e.low, e.k);
    const double t = add(sh, a);
    const double b = sub(t, sh);
    const double er = add(sub(sh, sub(t, b)), sub(a, b));
    sh = t;
    sl = add(sl, add(er, al));
  }
  const double high = add(sh, sl);
  return {m, high, add(sub(sh, high), sl), div(1.0, high)};
}

/// The probability of the class with score z: at most 0.74 ulp off.
EVENSCORE_HD double softmax64(double z, const SoftmaxSum64& sum) {
  const ExpParts e = softmax_exp(softmax_difference(z, sum.max));
  const double q0 = mul(e.high, sum.reciprocal);
  const double es = add(fma(negate(q0), sum.high, e.high), fma(negate(q0), sum.low, e.low));
  return canonical(scale2(fma(es, sum.reciprocal, q0), e.k));
}

/// Its logarithm, at most 1.40 ulp off. `log_sum` is log_parts(sum.high, sum.low).
EVENSCORE_HD double log_softmax64(double z, const SoftmaxSum64& sum, HighLow log_sum) {
  const ExactDifference x = softmax_difference(z, sum.max);
  const double s = sub(x.d, log_sum.high);
  const double b3 = sub(s, x.d);
  const double er = sub(sub(x.d, sub(s, b3)), add(log_sum.high, b3));
  const double value = add(s, add(add(er, x.error), negate(log_sum.low)));
  return canonical(x.d < -1.7e308 ? x.d : value);
}

struct SoftmaxSum32 {
  double max;
  double reciprocal;  ///< of the sum of E(z - max)
};

EVENSCORE_HD SoftmaxSum32 softmax_sum32(const double* z, int n_classes) {
  const double m = softmax_max(z, n_classes);
  double s = 0.0;
  for (int k = 0; k < n_classes; ++k) s = add(s, exp_for_f32(sub(z[k], m)));
  return {m, div(1.0, s)};
}

/// The f32 probability of the class with f64 score z.
EVENSCORE_HD float softmax32(double z, const SoftmaxSum32& sum) {
  return canonical(narrow(mul(exp_for_f32(sub(z, sum.max)), sum.reciprocal)));
}

}  // namespace evenscore::arith
