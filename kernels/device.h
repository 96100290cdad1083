#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/arithmetic_check.h"
#include "kernels/score_launch.h"

/// A GPU as the cuda engine sees it: memory, streams, events, copies and launches, all of which fail with an
/// Error that names the call and its line. `open_cuda_device` gives a real one; the tests have one that runs
/// the host form of every kernel.
namespace evenscore::kernels {

/// A queue of work on one device; a cudaStream_t.
struct StreamHandle {
  void* handle = nullptr;
};

/// A point in a stream; a cudaEvent_t.
struct EventHandle {
  void* handle = nullptr;
};

class Device {
 public:
  virtual ~Device() = default;

  /// "NVIDIA H200, compute capability 9.0 (cuda:0)".
  virtual std::string description() const = 0;
  virtual const DeviceLimits& limits() const = 0;
  virtual std::size_t free_bytes() = 0;
  /// A sum of arith::Canary values: those that fail on the device.
  virtual unsigned failed_canaries() = 0;

  /// Device memory, aligned to 256 bytes; null where there is not enough left. `free` waits for the device.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void free(void* memory) noexcept = 0;
  /// Page-locks host memory in place, so that copies run beside everything else. False if it cannot.
  virtual bool pin(void* memory, std::size_t bytes) = 0;
  virtual void unpin(void* memory) noexcept = 0;

  virtual StreamHandle create_stream() = 0;
  virtual void destroy_stream(StreamHandle stream) noexcept = 0;
  virtual EventHandle create_event() = 0;
  virtual void destroy_event(EventHandle event) noexcept = 0;

  /// These put work on `stream` and return. From memory that is not pinned a copy may first be staged.
  virtual void copy_to_device(void* to, const void* from, std::size_t bytes, StreamHandle stream) = 0;
  virtual void copy_to_host(void* to, const void* from, std::size_t bytes, StreamHandle stream) = 0;
  virtual void launch(const ScoreLaunch& launch, StreamHandle stream) = 0;
  virtual void record(EventHandle event, StreamHandle stream) = 0;
  /// Work put on `stream` from now on starts after `event`.
  virtual void wait(StreamHandle stream, EventHandle event) = 0;

  /// Blocks until `event`, or everything put on `stream`, is done; throws what went wrong on the way.
  virtual void synchronize(EventHandle event) = 0;
  virtual void synchronize(StreamHandle stream) = 0;
};

/// A GPU that find_gpus() found and that this build has code for. Throws Error (device_failure).
std::unique_ptr<Device> open_cuda_device(const GpuFacts& gpu);

}  // namespace evenscore::kernels
