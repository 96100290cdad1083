#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernels/bench_device.h"

namespace evenscore::measure {

/// Plain copies between host memory, page-locked by whoever owns it, and a GPU.
class PinnedCopies {
 public:
  /// Throws Error (device_failure) where the GPU has no memory left.
  explicit PinnedCopies(std::unique_ptr<kernels::BenchDevice> device);
  ~PinnedCopies();
  PinnedCopies(const PinnedCopies&) = delete;
  PinnedCopies& operator=(const PinnedCopies&) = delete;

  /// Bytes a second, by the device's clock.
  double to_device(std::span<const std::uint64_t> from);
  double to_host(std::span<std::uint64_t> to);

 private:
  std::unique_ptr<kernels::BenchDevice> device_;
  void* memory_;  ///< of the device, for a piece
};

}  // namespace evenscore::measure
