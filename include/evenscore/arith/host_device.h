#pragma once

/// EVENSCORE_HD marks the functions that are one source for the host, every instruction set of the cpu engine
/// and the device. They are always inlined: an out-of-line copy compiled for AVX-512 must never be the one
/// the linker keeps for a machine without it.
#if defined(__CUDACC__)
#define EVENSCORE_HD __host__ __device__ __forceinline__
#else
#define EVENSCORE_HD inline __attribute__((always_inline))
#endif
