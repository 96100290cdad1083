#pragma once

#include <cstddef>

#include "kernels/cuda_check.h"

/// For .cu files alone: memory of the current device, and which device that is.
namespace evenscore::kernels {

/// Makes a device the calling thread's current one for as long as it lives.
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

/// `count` elements, not initialised; throws Error (device_failure) where there is no room.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : bytes_(count * sizeof(T)) {
    EVENSCORE_CUDA_CHECK(cudaMalloc(&memory_, bytes_));
  }
  ~DeviceArray() { cudaFree(memory_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* get() const { return static_cast<T*>(memory_); }
  void fill_with_zero() { EVENSCORE_CUDA_CHECK(cudaMemset(memory_, 0, bytes_)); }
  void copy_from(const T* host) {
    EVENSCORE_CUDA_CHECK(cudaMemcpy(memory_, host, bytes_, cudaMemcpyHostToDevice));
  }
  /// Waits for what was launched before.
  void copy_to(T* host) const {
    EVENSCORE_CUDA_CHECK(cudaMemcpy(host, memory_, bytes_, cudaMemcpyDeviceToHost));
  }

 private:
  std::size_t bytes_;
  void* memory_ = nullptr;
};

}  // namespace evenscore::kernels
