#pragma once

#include <vector>

#include "engine/cuda/device_program.h"
#include "engine/cuda/device_queue.h"
#include "evenscore/program.h"

namespace evenscore::engine::cuda {

/// What a chunk of rows needs on a device while it is under way: a stream and memory. One thread at a time.
class Slot {
 public:
  Slot(kernels::Device& device, const Program& program, const DeviceProgram& device_program)
      : device_(device),
        program_(program),
        device_program_(device_program),
        rows_(device),
        results_(device),
        scratch_(device),
        queue_(device) {}

  /// Puts the chunk on its way: rows to the device, kernel, results to the caller's memory. False where the
  /// device has not enough memory; nothing is under way then. Rows and outputs are in host memory.
  bool start(const RowsView& rows, const OutputsView& outputs);
  /// Until the results are in the caller's memory. Throws Error (device_failure).
  void finish() { queue_.wait(); }
  /// Until nothing touches the caller's memory any more.
  void abandon() noexcept { queue_.drain(); }

  /// With nothing under way.
  void give_memory_back() {
    rows_.clear();
    results_.clear();
    scratch_.clear();
  }

  kernels::Device& device() { return device_; }

 private:
  kernels::Device& device_;
  const Program& program_;
  const DeviceProgram& device_program_;
  DeviceBuffer rows_, results_, scratch_;
  std::vector<std::byte> packed_;
  DeviceQueue queue_;  // last: it drains before the memory goes
};

}  // namespace evenscore::engine::cuda
