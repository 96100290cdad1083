#include "kernels/limit_probes.h"

namespace evenscore::kernels {
namespace {

constexpr int kThreads = 512;
constexpr int kBlocksAMultiprocessor = 4;
constexpr int kChains = 8;
constexpr int kLinks = 4096;

__global__ void __launch_bounds__(kThreads)
    sum_words(const ulonglong2* pairs, std::size_t n_pairs, const unsigned long long* odd_word,
              unsigned long long* total) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * kThreads;
  const std::size_t first = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x;
  unsigned long long sum = first == 0 && odd_word != nullptr ? *odd_word : 0;
  std::size_t i = first;
  for (; i + 3 * step < n_pairs; i += 4 * step) {
    const ulonglong2 a = pairs[i], b = pairs[i + step], c = pairs[i + 2 * step], d = pairs[i + 3 * step];
    sum += a.x + a.y + b.x + b.y + c.x + c.y + d.x + d.y;
  }
  for (; i < n_pairs; i += step) sum += pairs[i].x + pairs[i].y;
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffU, sum, offset);
  if (threadIdx.x % 32 == 0) atomicAdd(total, sum);
}

__global__ void __launch_bounds__(kThreads) multiply_add(double factor, double* never_written) {
  double chain[kChains];
#pragma unroll
  for (int c = 0; c < kChains; ++c) chain[c] = static_cast<double>(threadIdx.x + c);
  for (int link = 0; link < kLinks; ++link) {
#pragma unroll
    for (int c = 0; c < kChains; ++c) chain[c] = __fma_rn(chain[c], factor, factor);
  }
  double sum = 0.0;
#pragma unroll
  for (int c = 0; c < kChains; ++c) sum += chain[c];
  if (sum == -1.0) *never_written = sum;  // keeps the compiler from leaving it all out
}

}  // namespace

cudaError_t launch_sum(const std::uint64_t* words, std::size_t count, std::uint64_t* sum, int multiprocessors,
                       cudaStream_t stream) {
  const auto* values = reinterpret_cast<const unsigned long long*>(words);
  sum_words<<<kBlocksAMultiprocessor * multiprocessors, kThreads, 0, stream>>>(
      reinterpret_cast<const ulonglong2*>(words), count / 2, count % 2 == 1 ? values + count - 1 : nullptr,
      reinterpret_cast<unsigned long long*>(sum));
  return cudaGetLastError();
}

cudaError_t launch_f64_operations(double& operations, int multiprocessors, cudaStream_t stream) {
  const int blocks = kBlocksAMultiprocessor * multiprocessors;
  operations = static_cast<double>(blocks) * kThreads * kChains * kLinks;
  multiply_add<<<blocks, kThreads, 0, stream>>>(0.5, nullptr);
  return cudaGetLastError();
}

}  // namespace evenscore::kernels
