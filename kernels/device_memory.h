#pragma once

#include <cstddef>

namespace evenscore::kernels {

/// Memory of one GPU, owned; not initialised. Every function throws Error: device_failure, and in a build
/// without nvcc device_unavailable.
class DeviceMemory {
 public:
  DeviceMemory(int ordinal, std::size_t bytes);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  template <class T = std::byte>
  T* as() const {
    return static_cast<T*>(memory_);
  }
  std::size_t bytes() const { return bytes_; }

  void fill_with_zero();
  void copy_from(const void* host, std::size_t bytes);
  /// After everything that was put on any stream of the device before.
  void copy_to(void* host, std::size_t bytes) const;

 private:
  int ordinal_;
  std::size_t bytes_;
  void* memory_ = nullptr;
};

}  // namespace evenscore::kernels
