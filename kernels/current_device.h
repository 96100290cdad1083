#pragma once

#include "kernels/cuda_check.h"

namespace evenscore::kernels {

/// For .cu files alone: makes a device the calling thread's current one for as long as it lives.
class CurrentDevice {
 public:
  explicit CurrentDevice(int ordinal) {
    EVENSCORE_CUDA_CHECK(cudaGetDevice(&previous_));
    EVENSCORE_CUDA_CHECK(cudaSetDevice(ordinal));
  }
  ~CurrentDevice() { cudaSetDevice(previous_); }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int previous_ = 0;
};

}  // namespace evenscore::kernels
