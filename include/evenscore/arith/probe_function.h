#pragma once

#include "evenscore/arith/logistic.h"
#include "evenscore/arith/score.h"
#include "evenscore/arith/softmax.h"

/// The functions of P64-v1 as one kind of thing, from numbers to bits: what vectors hold, and what tells
/// whether a compiler, a machine or a device computes the same.
namespace evenscore::arith {

/// In order: what it takes, what it gives. n is the number of classes K, or of features F.
enum class ProbeFunction : std::uint8_t {
  exp64,         ///< x -> f64
  exp32,         ///< x, a value of f32 -> f32
  sigmoid64,     ///< z -> p, q, f64
  sigmoid32,     ///< z -> p, q, f32
  logsigmoid64,  ///< z -> log p, log q, f64
  log64,         ///< x -> f64
  square_root,   ///< x -> f64
  widen_half,    ///< the bits of a f16, as a number -> f64
  narrow,        ///< x -> f32
  softmax,       ///< z, K values -> p f64, log p f64, p f32, K each
  score,         ///< x, mu, w, F values each, b -> f64
};
constexpr int kProbeFunctions = 11;

EVENSCORE_HD constexpr std::int64_t probe_inputs(ProbeFunction function, std::int64_t n) {
  return function == ProbeFunction::softmax ? n : function == ProbeFunction::score ? 3 * n + 1 : 1;
}

EVENSCORE_HD constexpr std::int64_t probe_outputs(ProbeFunction function, std::int64_t n) {
  switch (function) {
    case ProbeFunction::sigmoid64:
    case ProbeFunction::sigmoid32:
    case ProbeFunction::logsigmoid64:
      return 2;
    case ProbeFunction::softmax:
      return 3 * n;
    default:
      return 1;
  }
}

template <class T>
EVENSCORE_HD void store_bits(Pair<T> pair, std::uint64_t* out) {
  out[0] = bits_of(pair.p);
  out[1] = bits_of(pair.q);
}

EVENSCORE_HD void probe_softmax(int n, const double* z, std::uint64_t* out) {
  const SoftmaxSum64<double> sum = softmax_sum64(z, n);
  const HighLow<double> log_sum = log_parts(sum.high, sum.low);
  const SoftmaxSum32<double> sum32 = softmax_sum32(z, n);
  for (int k = 0; k < n; ++k) {
    out[k] = bits_of(softmax64(z[k], sum));
    out[n + k] = bits_of(log_softmax64(z[k], sum, log_sum));
    out[2 * n + k] = bits_of(softmax32(z[k], sum32));
  }
}

/// One evaluation: probe_inputs values at `in`, the bits of probe_outputs results to `out`, those of f32 in
/// the low half.
template <ProbeFunction function>
EVENSCORE_HD void probe(int n, const double* in, std::uint64_t* out) {
  if constexpr (function == ProbeFunction::exp64) out[0] = bits_of(exp64(in[0]));
  if constexpr (function == ProbeFunction::exp32) out[0] = bits_of(exp32(narrow(in[0])));
  if constexpr (function == ProbeFunction::sigmoid64) store_bits(sigmoid64(in[0]), out);
  if constexpr (function == ProbeFunction::sigmoid32) store_bits(sigmoid32(in[0]), out);
  if constexpr (function == ProbeFunction::logsigmoid64) store_bits(logsigmoid64(in[0]), out);
  if constexpr (function == ProbeFunction::log64) out[0] = bits_of(canonical(log64(in[0])));
  if constexpr (function == ProbeFunction::square_root) out[0] = bits_of(canonical(sqrt(in[0])));
  if constexpr (function == ProbeFunction::widen_half) {
    out[0] = bits_of(widen_half(static_cast<std::uint16_t>(in[0])));
  }
  if constexpr (function == ProbeFunction::narrow) out[0] = bits_of(canonical(narrow(in[0])));
  if constexpr (function == ProbeFunction::softmax) probe_softmax(n, in, out);
  if constexpr (function == ProbeFunction::score) {
    out[0] = bits_of(score_centered<double>(in, in + n, in + 2 * n, in[3 * n], n));
  }
}

}  // namespace evenscore::arith
