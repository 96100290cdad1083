#pragma once

#include "evenscore/arith/ops.h"

/// The linear score of P64-v1 (docs/arithmetic.md, section 2): eight virtual lanes, whatever the hardware.
namespace evenscore::arith {

constexpr int kLanes = 8;

/// The lanes of one score. Element i belongs to lane i mod 8; elements are added in ascending i.
struct Lanes {
  double a[kLanes] = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
};

/// a[lane] += (x - mu) * w, the difference rounded, the rest fused.
EVENSCORE_HD void accumulate_centered(Lanes& lanes, int lane, double x, double mu, double w) {
  lanes.a[lane] = fma(sub(x, mu), w, lanes.a[lane]);
}

/// a[lane] += x * w, fused.
EVENSCORE_HD void accumulate(Lanes& lanes, int lane, double x, double w) {
  lanes.a[lane] = fma(x, w, lanes.a[lane]);
}

/// Adds the lanes in the order 4, 2, 1, then the intercept.
EVENSCORE_HD double finish_score(const Lanes& lanes, double intercept) {
  double a[kLanes];
  for (int l = 0; l < kLanes; ++l) a[l] = lanes.a[l];
  for (int s = kLanes / 2; s > 0; s /= 2) {
    for (int l = 0; l < s; ++l) a[l] = add(a[l], a[l + s]);
  }
  return canonical(add(a[0], intercept));
}

/// The whole score of one row: sum of (x[i] - mu[i]) * w[i], plus the intercept. `x` yields element i as f64.
template <class Row>
EVENSCORE_HD double score_centered(const Row& x, const double* mu, const double* w, double intercept,
                                   std::int64_t n) {
  Lanes lanes;
  for (std::int64_t i = 0; i < n; ++i) {
    accumulate_centered(lanes, static_cast<int>(i % kLanes), x[i], mu[i], w[i]);
  }
  return finish_score(lanes, intercept);
}

/// The same without a centre: a linear step after steps that were not folded.
template <class Row>
EVENSCORE_HD double score(const Row& x, const double* w, double intercept, std::int64_t n) {
  Lanes lanes;
  for (std::int64_t i = 0; i < n; ++i) accumulate(lanes, static_cast<int>(i % kLanes), x[i], w[i]);
  return finish_score(lanes, intercept);
}

}  // namespace evenscore::arith
