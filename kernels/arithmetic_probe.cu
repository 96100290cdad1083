// Each function of P64-v1 as a kernel of its own, one thread an evaluation: what scripts/check_ptx.py counts
// the multiply-adds of, and what runs the arithmetic vectors on a device.
#include "kernels/arithmetic_probe.h"

#include <cuda_runtime.h>

#include <iterator>

namespace evenscore::kernels {
namespace {

template <arith::ProbeFunction function>
__device__ void evaluate(const ProbeBatch& batch) {
  const std::int64_t i = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= batch.count) return;
  arith::probe<function>(batch.n, batch.in + i * arith::probe_inputs(function, batch.n),
                         batch.out + i * arith::probe_outputs(function, batch.n));
}

}  // namespace

extern "C" __global__ void probe_exp64(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::exp64>(batch);
}
extern "C" __global__ void probe_exp32(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::exp32>(batch);
}
extern "C" __global__ void probe_sigmoid64(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::sigmoid64>(batch);
}
extern "C" __global__ void probe_sigmoid32(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::sigmoid32>(batch);
}
extern "C" __global__ void probe_logsigmoid64(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::logsigmoid64>(batch);
}
extern "C" __global__ void probe_log64(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::log64>(batch);
}
extern "C" __global__ void probe_square_root(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::square_root>(batch);
}
extern "C" __global__ void probe_widen_half(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::widen_half>(batch);
}
extern "C" __global__ void probe_narrow(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::narrow>(batch);
}
extern "C" __global__ void probe_softmax(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::softmax>(batch);
}
extern "C" __global__ void probe_score(ProbeBatch batch) {
  evaluate<arith::ProbeFunction::score>(batch);
}

extern "C" __global__ void probe_canaries(const arith::CanaryInputs* inputs, unsigned* failed) {
  atomicOr(failed, arith::failed_canaries(*inputs));
}

bool probe_code_fits_device() {
  cudaFuncAttributes attributes{};
  const bool fits = cudaFuncGetAttributes(&attributes, probe_exp64) == cudaSuccess;
  cudaGetLastError();
  return fits;
}

void launch_probe(arith::ProbeFunction function, const ProbeBatch& batch) {
  constexpr void (*kKernels[])(ProbeBatch) = {
      probe_exp64,       probe_exp32,      probe_sigmoid64, probe_sigmoid32, probe_logsigmoid64, probe_log64,
      probe_square_root, probe_widen_half, probe_narrow,    probe_softmax,   probe_score};
  static_assert(std::size(kKernels) == arith::kProbeFunctions);
  constexpr int kThreads = 128;
  const std::int64_t blocks = (batch.count + kThreads - 1) / kThreads;
  if (blocks == 0) return;
  kKernels[static_cast<int>(function)]<<<static_cast<unsigned>(blocks), kThreads>>>(batch);
}

void launch_canaries(const arith::CanaryInputs* inputs, unsigned* failed, int blocks) {
  probe_canaries<<<blocks, 128>>>(inputs, failed);
}

}  // namespace evenscore::kernels
