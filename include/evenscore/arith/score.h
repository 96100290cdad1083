#pragma once

#include "evenscore/arith/ops.h"

/// The linear score of P64-v1 (docs/arithmetic.md, section 2): eight virtual lanes, whatever the hardware.
namespace evenscore::arith {

constexpr int kLanes = 8;

/// The lanes of one score. Element i belongs to lane i mod 8; elements are added in ascending i. T is double,
/// or a vector of rows in the cpu engine.
template <class T>
struct Lanes {
  T a[kLanes];
  EVENSCORE_HD Lanes() {
    for (T& lane : a) lane = 0.0;
  }
};

/// The sum of the lanes, in the order 4, 2, 1.
template <class T>
EVENSCORE_HD T sum_lanes(const Lanes<T>& lanes) {
  T a[kLanes];
  for (int l = 0; l < kLanes; ++l) a[l] = lanes.a[l];
  for (int s = kLanes / 2; s > 0; s /= 2) {
    for (int l = 0; l < s; ++l) a[l] = add(a[l], a[l + s]);
  }
  return a[0];
}

/// The sum of n terms in lanes: `add_term(i, lane)` adds term i to its lane.
template <class T, class AddTerm>
EVENSCORE_HD T sum_terms(std::int64_t n, const AddTerm& add_term) {
  Lanes<T> lanes;
  for (std::int64_t first = 0; first < n; first += kLanes) {
    for (int l = 0; l < kLanes; ++l) {
      if (first + l < n) add_term(first + l, lanes.a[l]);
    }
  }
  return sum_lanes(lanes);
}

/// The whole score of one row: sum of (x[i] - mu[i]) * w[i], the difference rounded, the rest fused, plus the
/// intercept. `x` yields element i as T.
template <class T, class Row>
EVENSCORE_HD T score_centered(const Row& x, const double* mu, const double* w, double intercept,
                              std::int64_t n) {
  const T sum =
      sum_terms<T>(n, [&](std::int64_t i, T& lane) { lane = fma(sub(T(x[i]), T(mu[i])), T(w[i]), lane); });
  return canonical(add(sum, T(intercept)));
}

/// The same without a centre: a linear step after steps that were not folded.
template <class T, class Row>
EVENSCORE_HD T score(const Row& x, const double* w, double intercept, std::int64_t n) {
  const T sum = sum_terms<T>(n, [&](std::int64_t i, T& lane) { lane = fma(T(x[i]), T(w[i]), lane); });
  return canonical(add(sum, T(intercept)));
}

}  // namespace evenscore::arith
