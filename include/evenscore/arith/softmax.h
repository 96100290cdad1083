#pragma once

#include <type_traits>

#include "evenscore/arith/log.h"

/// Softmax and log-softmax of P64-v1 (docs/arithmetic.md, section 3). What all classes share is computed once
/// by `softmax_sum64` or `softmax_sum32`; then each class is computed alone, without scratch memory.
namespace evenscore::arith {

/// The largest score, NaN if any is NaN. `z[k]` is the score of class k, here and below.
template <class Scores>
EVENSCORE_HD auto softmax_max(const Scores& z, int n_classes) {
  auto m = z[0];
  for (int k = 1; k < n_classes; ++k) {
    const auto zk = z[k];
    m = select(either(zk > m, is_nan(zk)), zk, m);
  }
  return m;
}

/// z - m = d + error, exactly.
template <class T>
struct ExactDifference {
  T d, error;
};

template <class T>
EVENSCORE_HD ExactDifference<T> softmax_difference(T z, T m) {
  const T d = sub(z, m);
  const T bb = sub(d, z);
  const T de = sub(sub(z, sub(d, bb)), add(m, bb));
  return {d, select(is_nan(de), 0.0, de)};
}

template <class T>
EVENSCORE_HD ExpParts<T> softmax_exp(ExactDifference<T> x) {
  const auto clamped = x.d < -746.0;
  return exp_parts<T>(select(clamped, -746.0, x.d), select(clamped, 0.0, x.error));
}

template <class T>
struct SoftmaxSum64 {
  T max;
  T high, low;   ///< the sum of e^(z - max)
  T reciprocal;  ///< of high
};

template <class Scores>
EVENSCORE_HD auto softmax_sum64(const Scores& z, int n_classes) {
  const auto m = softmax_max(z, n_classes);
  using T = std::remove_const_t<decltype(m)>;
  T sh = 0.0;
  T sl = 0.0;
  for (int k = 0; k < n_classes; ++k) {
    const ExpParts<T> e = softmax_exp(softmax_difference(T(z[k]), m));
    const T a = scale2(e.high, e.k);
    const T al = scale2(e.low, e.k);
    const T t = add(sh, a);
    const T b = sub(t, sh);
    const T er = add(sub(sh, sub(t, b)), sub(a, b));
    sh = t;
    sl = add(sl, add(er, al));
  }
  const T high = add(sh, sl);
  return SoftmaxSum64<T>{m, high, add(sub(sh, high), sl), div(1.0, high)};
}

/// The probability of the class with score z: at most 0.74 ulp off.
template <class T>
EVENSCORE_HD T softmax64(T z, const SoftmaxSum64<T>& sum) {
  const ExpParts<T> e = softmax_exp(softmax_difference(z, sum.max));
  const T q0 = mul(e.high, sum.reciprocal);
  const T es = add(fma(negate(q0), sum.high, e.high), fma(negate(q0), sum.low, e.low));
  return canonical(scale2(fma(es, sum.reciprocal, q0), e.k));
}

/// Its logarithm, at most 1.40 ulp off. `log_sum` is log_parts(sum.high, sum.low).
template <class T>
EVENSCORE_HD T log_softmax64(T z, const SoftmaxSum64<T>& sum, HighLow<T> log_sum) {
  const ExactDifference<T> x = softmax_difference(z, sum.max);
  const T s = sub(x.d, log_sum.high);
  const T b3 = sub(s, x.d);
  const T er = sub(sub(x.d, sub(s, b3)), add(log_sum.high, b3));
  const T value = add(s, add(add(er, x.error), negate(log_sum.low)));
  return canonical(select(x.d < -1.7e308, x.d, value));
}

/// What each class adds to the sum, for f32 results; m is softmax_max.
template <class T>
EVENSCORE_HD T softmax32_term(T z, T m) {
  return exp_for_f32(sub(z, m));
}

/// The f32 probability of the class with this term; `reciprocal` is of the sum of all terms, k ascending.
template <class T>
EVENSCORE_HD auto softmax32_of_term(T term, T reciprocal) {
  return canonical(narrow(mul(term, reciprocal)));
}

template <class T>
struct SoftmaxSum32 {
  T max;
  T reciprocal;  ///< of the sum of the terms
};

template <class Scores>
EVENSCORE_HD auto softmax_sum32(const Scores& z, int n_classes) {
  const auto m = softmax_max(z, n_classes);
  using T = std::remove_const_t<decltype(m)>;
  T s = 0.0;
  for (int k = 0; k < n_classes; ++k) s = add(s, softmax32_term(T(z[k]), m));
  return SoftmaxSum32<T>{m, div(1.0, s)};
}

/// The f32 probability of the class with f64 score z.
template <class T>
EVENSCORE_HD auto softmax32(T z, const SoftmaxSum32<T>& sum) {
  return softmax32_of_term(softmax32_term(z, sum.max), sum.reciprocal);
}

}  // namespace evenscore::arith
