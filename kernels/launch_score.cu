#include "kernels/launch_score.cuh"

#include "kernels/cuda_check.h"
#include "kernels/device_block.cuh"
#include "kernels/fused_variants.h"
#include "kernels/stage_loop.h"

namespace evenscore::kernels {
namespace {

extern __shared__ __align__(128) std::byte shared_memory[];

/// Registers for 512 threads a multiprocessor, or 256 where several scores are in flight.
template <class F>
__global__ void __launch_bounds__(256, F::kScores == 1 ? 2 : 1)
    score_rows_kernel(const __grid_constant__ ScoreLaunch launch) {
  __shared__ DeviceBlock::CopyState copies;
  DeviceBlock block(shared_memory, copies);
  if constexpr (F::kTiles) block.prepare_copies();
  score_rows<F>(block, launch);
}

__global__ void __launch_bounds__(kTileThreads, 3)
    stage_loop_kernel(const __grid_constant__ ScoreLaunch launch) {
  __shared__ DeviceBlock::CopyState copies;
  DeviceBlock block(shared_memory, copies);
  run_stages(block, launch);
}

using Kernel = void (*)(ScoreLaunch);

Kernel kernel_of(const ScoreLaunch& launch) {
  Kernel kernel = stage_loop_kernel;
  if (launch.schedule != Schedule::stages)
    with_fused_variant(launch, [&]<class F>() { kernel = score_rows_kernel<F>; });
  return kernel;
}

}  // namespace

void launch_score(const ScoreLaunch& launch, cudaStream_t stream) {
  const Kernel kernel = kernel_of(launch);
  if (launch.shared_bytes > 48 * 1024)
    EVENSCORE_CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                              static_cast<int>(launch.shared_bytes)));
  kernel<<<static_cast<unsigned>(launch.blocks), static_cast<unsigned>(launch.threads), launch.shared_bytes,
           stream>>>(launch);
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
}

cudaError_t find_score_kernels() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, stage_loop_kernel);
}

}  // namespace evenscore::kernels
