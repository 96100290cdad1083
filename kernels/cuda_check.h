#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "evenscore/error.h"

/// The one way to call the CUDA runtime: throws Error (device_failure) naming the call, its line and CUDA's
/// own words.
#define EVENSCORE_CUDA_CHECK(call) ::evenscore::kernels::check_cuda((call), #call, __FILE__, __LINE__)

namespace evenscore::kernels {

inline void check_cuda(cudaError_t status, const char* call, const char* file, int line) {
  if (status == cudaSuccess) return;
  throw Error(ErrorCode::device_failure,
              std::string(call) + " failed: " + cudaGetErrorName(status) + ": " + cudaGetErrorString(status),
              std::string(file) + ":" + std::to_string(line));
}

}  // namespace evenscore::kernels
