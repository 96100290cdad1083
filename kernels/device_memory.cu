#include "kernels/device_memory.h"

#include "kernels/current_device.h"

namespace evenscore::kernels {

DeviceMemory::DeviceMemory(int ordinal, std::size_t bytes) : ordinal_(ordinal), bytes_(bytes) {
  const CurrentDevice current(ordinal);
  EVENSCORE_CUDA_CHECK(cudaMalloc(&memory_, bytes > 0 ? bytes : 1));
}

DeviceMemory::~DeviceMemory() {
  cudaFree(memory_);
}

void DeviceMemory::fill_with_zero() {
  const CurrentDevice current(ordinal_);
  EVENSCORE_CUDA_CHECK(cudaMemset(memory_, 0, bytes_));
}

void DeviceMemory::copy_from(const void* host, std::size_t bytes) {
  const CurrentDevice current(ordinal_);
  EVENSCORE_CUDA_CHECK(cudaMemcpy(memory_, host, bytes, cudaMemcpyHostToDevice));
}

void DeviceMemory::copy_to(void* host, std::size_t bytes) const {
  const CurrentDevice current(ordinal_);
  EVENSCORE_CUDA_CHECK(cudaDeviceSynchronize());
  EVENSCORE_CUDA_CHECK(cudaMemcpy(host, memory_, bytes, cudaMemcpyDeviceToHost));
}

}  // namespace evenscore::kernels
