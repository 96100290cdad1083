#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/device.h"

namespace evenscore::kernels {

/// A GPU as a benchmark sees it: beside the Device one stream, the device's own clock, and what it can do at
/// most. All work goes to stream(), in order. `open_bench_device` gives a real one; the tests have one that
/// runs on the host. One thread at a time. Every function throws Error (device_failure).
class BenchDevice {
 public:
  virtual ~BenchDevice() = default;

  virtual Device& device() = 0;
  virtual StreamHandle stream() = 0;

  virtual void copy_on_device(void* to, const void* from, std::size_t bytes) = 0;
  /// Reads `count` words of device memory once and leaves their sum, modulo 2^64, in `*sum`, also there.
  virtual void sum(const std::uint64_t* words, std::size_t count, std::uint64_t* sum) = 0;
  /// Keeps every f64 unit busy with fused multiply-adds that wait for nothing; how many there are.
  virtual double issue_f64() = 0;

  /// Seconds from the first to the last of what `work` puts on stream(); waits for it.
  virtual double time(const std::function<void()>& work) = 0;
};

/// A GPU, by CUDA's count, that has_code_for(). Throws Error (device_failure, device_unavailable).
std::unique_ptr<BenchDevice> open_bench_device(int ordinal);

}  // namespace evenscore::kernels
