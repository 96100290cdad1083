#pragma once

#include <cuda_runtime.h>

#include <cstring>
#include <string>

#include "evenscore/error.h"

/// For .cu files alone: every call of the CUDA runtime goes through EVENSCORE_CUDA_CHECK, which throws Error
/// (device_failure) naming the call and its line.
namespace evenscore::kernels {

inline void check_cuda_status(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  const char* slash = std::strrchr(file, '/');
  throw Error(ErrorCode::device_failure,
              std::string(call) + " failed: " + cudaGetErrorName(status) + ": " + cudaGetErrorString(status),
              std::string(slash != nullptr ? slash + 1 : file) + ":" + std::to_string(line));
}

}  // namespace evenscore::kernels

#define EVENSCORE_CUDA_CHECK(call) ::evenscore::kernels::check_cuda_status((call), #call, __FILE__, __LINE__)
