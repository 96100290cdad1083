#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/cuda/device_buffer.h"
#include "kernels/bench_device.h"

namespace evenscore::measure {

/// Plain copies between host memory, page-locked by whoever owns it, and a GPU.
class PinnedCopies {
 public:
  /// Throws Error (device_failure) where the GPU has no memory left.
  explicit PinnedCopies(std::unique_ptr<kernels::BenchDevice> device);

  /// Bytes a second, by the device's clock.
  double to_device(std::span<const std::uint64_t> from);
  double to_host(std::span<std::uint64_t> to);

 private:
  std::unique_ptr<kernels::BenchDevice> device_;
  engine::cuda::DeviceBuffer piece_;
};

}  // namespace evenscore::measure
