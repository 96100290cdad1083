#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

/// For .cu files alone: kernels that do one thing as fast as a device can.
namespace evenscore::kernels {

/// Adds the sum of `count` words, modulo 2^64, to `*sum`; `words` is aligned to 16 bytes.
cudaError_t launch_sum(const std::uint64_t* words, std::size_t count, std::uint64_t* sum, int multiprocessors,
                       cudaStream_t stream);

/// Fused multiply-adds in f64, of which many are under way at once; `operations` becomes how many there are.
cudaError_t launch_f64_operations(double& operations, int multiprocessors, cudaStream_t stream);

}  // namespace evenscore::kernels
