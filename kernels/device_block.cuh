#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/fused_layout.h"

namespace evenscore::kernels {

/// A block of threads on the device: what HostBlock is in the host form.
///
/// Asynchronous copies are bulk copies that an mbarrier in shared memory counts (compute capability 9.0 on),
/// 16-byte copies of each thread in commit groups (8.0 on), or plain loads and stores (7.5).
class DeviceBlock {
 public:
  /// What the copies need in shared memory.
  struct CopyState {
    std::uint64_t arrived[kCopyStages];
  };

  __device__ __forceinline__ DeviceBlock(std::byte* shared, CopyState& copies)
      : shared_(shared), copies_(copies) {}

  __device__ __forceinline__ std::int64_t index() const { return blockIdx.x; }
  __device__ __forceinline__ std::int64_t count() const { return gridDim.x; }
  __device__ __forceinline__ int threads() const { return static_cast<int>(blockDim.x); }
  __device__ __forceinline__ std::byte* shared() const { return shared_; }

  template <class T>
  struct PerThread {
    T value;
    __device__ __forceinline__ T& operator[](int) { return value; }
  };
  template <class T>
  __device__ __forceinline__ PerThread<T> per_thread() const {
    return {};
  }

  template <class Phase>
  __device__ __forceinline__ void each_thread(Phase phase) const {
    phase(static_cast<int>(threadIdx.x));
  }

  __device__ __forceinline__ void barrier() const { __syncthreads(); }

  /// Between threads of a warp: `away` is a power of two below 32.
  template <int n, class Send, class Receive>
  __device__ __forceinline__ void exchange(int away, Send send, Receive receive) const {
    double sent[n];
    send(static_cast<int>(threadIdx.x), sent);
    double received[n];
#pragma unroll
    for (int i = 0; i < n; ++i) received[i] = __shfl_xor_sync(0xffffffffU, sent[i], away);
    receive(static_cast<int>(threadIdx.x), received);
  }

  /// Before the first copy, by a kernel that copies.
  __device__ __forceinline__ void prepare_copies() {
#if __CUDA_ARCH__ >= 900
    if (threadIdx.x == 0) {
      for (int stage = 0; stage < kCopyStages; ++stage)
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier_address(stage)) : "memory");
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    }
    __syncthreads();
#endif
  }

  /// All threads call it, with the same arguments, after a barrier behind the last use of what lies at `to`.
  /// Both addresses and `bytes` are multiples of 16.
  __device__ __forceinline__ void start_copy(int stage, std::byte* to, const std::byte* from,
                                             std::int64_t bytes) {
#if __CUDA_ARCH__ >= 900
    if (bytes == 0) return;
    started_ |= 1U << stage;
    if (threadIdx.x != 0) return;
    const std::uint32_t barrier = barrier_address(stage);
    const auto n = static_cast<std::uint32_t>(bytes);
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(n) : "memory");
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
            shared_address(to)),
        "l"(from), "r"(n), "r"(barrier)
        : "memory");
#else
    for (std::int64_t i = 16 * threadIdx.x; i < bytes; i += 16 * blockDim.x) {
#if __CUDA_ARCH__ >= 800
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to + i)), "l"(from + i)
                   : "memory");
#else
      *reinterpret_cast<uint4*>(to + i) = *reinterpret_cast<const uint4*>(from + i);
#endif
    }
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
#endif
  }

  /// All threads call it, stage after stage, in the order in which copies were started.
  __device__ __forceinline__ void wait_copy(int stage) {
#if __CUDA_ARCH__ >= 900
    if ((started_ >> stage & 1U) == 0) return;
    started_ &= ~(1U << stage);
    const std::uint32_t parity = parities_ >> stage & 1U;
    parities_ ^= 1U << stage;
    std::uint32_t done = 0;
    while (done == 0) {
      asm volatile(
          "{\n\t.reg .pred p;\n\t"
          "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\t"
          "selp.u32 %0, 1, 0, p;\n\t}"
          : "=r"(done)
          : "r"(barrier_address(stage)), "r"(parity)
          : "memory");
    }
#else
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(kCopyStages - 1) : "memory");
#endif
    __syncthreads();
#endif
  }

 private:
  static __device__ __forceinline__ std::uint32_t shared_address(const void* p) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
  }
  __device__ __forceinline__ std::uint32_t barrier_address(int stage) const {
    return shared_address(&copies_.arrived[stage]);
  }

  std::byte* shared_;
  CopyState& copies_;
  std::uint32_t started_ = 0;   ///< a bit a stage: a copy is in flight
  std::uint32_t parities_ = 0;  ///< a bit a stage: of the copy to wait for
};

}  // namespace evenscore::kernels
