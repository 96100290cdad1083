#pragma once

#include <cstddef>

#include "kernels/device.h"

namespace evenscore::engine::cuda {

/// Device memory that grows and is given back. What it held is lost when it grows.
class DeviceBuffer {
 public:
  explicit DeviceBuffer(kernels::Device& device) : device_(device) {}
  ~DeviceBuffer() { clear(); }
  DeviceBuffer(const DeviceBuffer&) = delete;
  DeviceBuffer& operator=(const DeviceBuffer&) = delete;

  /// False where the device has not enough memory left; the buffer is then empty. Nothing may be using it.
  bool reserve(std::size_t bytes) {
    if (bytes <= bytes_) return true;
    clear();
    memory_ = static_cast<std::byte*>(device_.allocate(bytes));
    if (memory_ != nullptr) bytes_ = bytes;
    return memory_ != nullptr;
  }
  void clear() {
    if (memory_ != nullptr) device_.free(memory_);
    memory_ = nullptr;
    bytes_ = 0;
  }
  std::byte* data() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  kernels::Device& device_;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace evenscore::engine::cuda
