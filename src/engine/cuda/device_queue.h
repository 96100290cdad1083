#pragma once

#include "kernels/device.h"

namespace evenscore::engine::cuda {

/// A point in a stream of a device.
class DeviceEvent {
 public:
  explicit DeviceEvent(kernels::Device& device) : device_(device), event_(device.create_event()) {}
  ~DeviceEvent() { device_.destroy_event(event_); }
  DeviceEvent(const DeviceEvent&) = delete;
  DeviceEvent& operator=(const DeviceEvent&) = delete;

  kernels::EventHandle handle() const { return event_; }

 private:
  kernels::Device& device_;
  kernels::EventHandle event_;
};

/// A stream of a device, and an event that marks how far it has to come.
class DeviceQueue {
 public:
  explicit DeviceQueue(kernels::Device& device)
      : device_(device), mark_(device), stream_(device.create_stream()) {}
  ~DeviceQueue() {
    drain();
    device_.destroy_stream(stream_);
  }
  DeviceQueue(const DeviceQueue&) = delete;
  DeviceQueue& operator=(const DeviceQueue&) = delete;

  kernels::StreamHandle stream() const { return stream_; }
  void mark() { device_.record(mark_.handle(), stream_); }
  /// Until the last mark is reached; throws what went wrong.
  void wait() { device_.synchronize(mark_.handle()); }
  /// Until nothing is under way, whatever became of it.
  void drain() noexcept {
    try {
      device_.synchronize(stream_);
    } catch (...) {  // what failed has been reported where it was started or waited for
    }
  }

 private:
  kernels::Device& device_;
  DeviceEvent mark_;
  kernels::StreamHandle stream_;
};

}  // namespace evenscore::engine::cuda
