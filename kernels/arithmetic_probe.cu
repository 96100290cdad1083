// Each function of P64-v1 as a kernel of its own, one thread an element: what scripts/check_ptx.py reads, and
// what runs the arithmetic vectors on a device.
#include "evenscore/arith/logistic.h"
#include "evenscore/arith/score.h"
#include "evenscore/arith/softmax.h"

namespace arith = evenscore::arith;

namespace {
__device__ std::int64_t element() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
}  // namespace

extern "C" __global__ void probe_exp64(const double* x, double* y, std::int64_t n) {
  const std::int64_t i = element();
  if (i < n) y[i] = arith::exp64(x[i]);
}

extern "C" __global__ void probe_exp32(const float* x, float* y, std::int64_t n) {
  const std::int64_t i = element();
  if (i < n) y[i] = arith::exp32(x[i]);
}

extern "C" __global__ void probe_sigmoid64(const double* z, double* p, double* q, std::int64_t n) {
  const std::int64_t i = element();
  if (i >= n) return;
  const arith::Pair<double> pair = arith::sigmoid64(z[i]);
  p[i] = pair.p;
  q[i] = pair.q;
}

extern "C" __global__ void probe_sigmoid32(const double* z, float* p, float* q, std::int64_t n) {
  const std::int64_t i = element();
  if (i >= n) return;
  const arith::Pair<float> pair = arith::sigmoid32(z[i]);
  p[i] = pair.p;
  q[i] = pair.q;
}

extern "C" __global__ void probe_logsigmoid64(const double* z, double* p, double* q, std::int64_t n) {
  const std::int64_t i = element();
  if (i >= n) return;
  const arith::Pair<double> pair = arith::logsigmoid64(z[i]);
  p[i] = pair.p;
  q[i] = pair.q;
}

/// z is (n, n_classes); p64, logp64 and p32 likewise.
extern "C" __global__ void probe_softmax(const double* z, int n_classes, double* p64, double* logp64,
                                         float* p32, std::int64_t n) {
  const std::int64_t i = element();
  if (i >= n) return;
  const double* row = z + i * n_classes;
  const arith::SoftmaxSum64 sum = arith::softmax_sum64(row, n_classes);
  const arith::HighLow log_sum = arith::log_parts(sum.high, sum.low);
  const arith::SoftmaxSum32 sum32 = arith::softmax_sum32(row, n_classes);
  for (int k = 0; k < n_classes; ++k) {
    p64[i * n_classes + k] = arith::softmax64(row[k], sum);
    logp64[i * n_classes + k] = arith::log_softmax64(row[k], sum, log_sum);
    p32[i * n_classes + k] = arith::softmax32(row[k], sum32);
  }
}

/// x is (n, n_features).
extern "C" __global__ void probe_score(const double* x, const double* mu, const double* w, double intercept,
                                       std::int64_t n_features, double* z, std::int64_t n) {
  const std::int64_t i = element();
  if (i < n) z[i] = arith::score_centered<double>(x + i * n_features, mu, w, intercept, n_features);
}

extern "C" __global__ void probe_widen_half(const std::uint16_t* x, double* y, std::int64_t n) {
  const std::int64_t i = element();
  if (i < n) y[i] = arith::widen_half(x[i]);
}

extern "C" __global__ void probe_narrow(const double* x, float* y, std::int64_t n) {
  const std::int64_t i = element();
  if (i < n) y[i] = arith::canonical(arith::narrow(x[i]));
}
