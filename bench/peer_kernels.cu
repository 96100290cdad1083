#include "peer_kernels.h"

#include <cub/device/device_reduce.cuh>

#include "kernels/cuda_check.h"

namespace evenscore::benchmarks {
namespace {

constexpr int kThreads = 256;
constexpr int kBlocksAMultiprocessor = 8;
constexpr int kRowsAtATime = 4;

cudaStream_t of(kernels::StreamHandle stream) {
  return static_cast<cudaStream_t>(stream.handle);
}

template <class T>
struct Wide;
template <>
struct Wide<float> {
  using Type = float4;
};
template <>
struct Wide<double> {
  using Type = double2;
};

__device__ float dot(float4 x, float4 w, float sum) {
  return x.x * w.x + x.y * w.y + x.z * w.z + x.w * w.w + sum;
}
__device__ double dot(double2 x, double2 w, double sum) {
  return x.x * w.x + x.y * w.y + sum;
}
__device__ float dot(float x, float w, float sum) {
  return x * w + sum;
}
__device__ double dot(double x, double w, double sum) {
  return x * w + sum;
}
__device__ float logistic(float z) {
  return __fdividef(1.0F, 1.0F + __expf(-z));
}
__device__ double logistic(double z) {
  return 1.0 / (1.0 + exp(-z));
}

/// `group` threads to a row, a power of two up to 32; `Load` is one element or 16 bytes of them.
template <class T, class Load>
__global__ void __launch_bounds__(kThreads) free_order(FreeOrder work, int group, int loads_a_row) {
  const auto* rows = static_cast<const Load*>(work.rows);
  const auto* weights = static_cast<const Load*>(work.weights);
  const int lane = static_cast<int>(threadIdx.x) % group;
  const std::int64_t groups = static_cast<std::int64_t>(gridDim.x) * (kThreads / group);
  const std::int64_t first = (static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x) / group;
  // Whole warps stay together: the shuffles below are for all of a warp's threads.
  const std::int64_t rounds = (work.count + groups * kRowsAtATime - 1) / (groups * kRowsAtATime);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int64_t row = first + round * groups * kRowsAtATime;
    T sum[kRowsAtATime] = {};
    for (int i = lane; i < loads_a_row; i += group) {
      const Load w = weights[i];
#pragma unroll
      for (int r = 0; r < kRowsAtATime; ++r) {
        const std::int64_t at = row + r * groups;
        if (at < work.count) sum[r] = dot(rows[at * loads_a_row + i], w, sum[r]);
      }
    }
#pragma unroll
    for (int r = 0; r < kRowsAtATime; ++r) {
      for (int offset = group / 2; offset > 0; offset /= 2)
        sum[r] += __shfl_xor_sync(0xffffffffU, sum[r], offset);
      const std::int64_t at = row + r * groups;
      if (lane != r % group || at >= work.count) continue;
      const T z = sum[r] + static_cast<T>(work.intercept);
      const T p = logistic(z);
      work.label_index[at] = z > T(0) ? 1 : 0;
      reinterpret_cast<float2*>(work.proba)[at] =
          make_float2(static_cast<float>(T(1) - p), static_cast<float>(p));
    }
  }
}

template <class T, class Load>
void launch(const FreeOrder& work, int blocks, cudaStream_t stream) {
  const int loads = work.columns / static_cast<int>(sizeof(Load) / sizeof(T));
  int group = 1;
  while (group < loads && group < 32) group *= 2;
  free_order<T, Load><<<blocks, kThreads, 0, stream>>>(work, group, loads);
}

template <class T>
void launch(const FreeOrder& work, int blocks, cudaStream_t stream) {
  using Load = typename Wide<T>::Type;
  if (work.columns % static_cast<int>(sizeof(Load) / sizeof(T)) == 0) {
    launch<T, Load>(work, blocks, stream);
  } else {
    launch<T, T>(work, blocks, stream);
  }
}

}  // namespace

bool has_peer_kernels() {
  return true;
}

void cub_sum(void* temporary, std::size_t& temporary_bytes, const std::uint64_t* words, std::size_t count,
             std::uint64_t* sum, kernels::StreamHandle stream) {
  EVENSCORE_CUDA_CHECK(cub::DeviceReduce::Sum(temporary, temporary_bytes, words, sum,
                                              static_cast<std::int64_t>(count), of(stream)));
}

void free_order_scores(const FreeOrder& work, int multiprocessors, kernels::StreamHandle stream) {
  const int blocks = kBlocksAMultiprocessor * multiprocessors;
  if (work.f64) {
    launch<double>(work, blocks, of(stream));
  } else {
    launch<float>(work, blocks, of(stream));
  }
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
}

}  // namespace evenscore::benchmarks
