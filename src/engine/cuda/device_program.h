#pragma once

#include "engine/cuda/device_buffer.h"
#include "evenscore/program.h"

namespace evenscore::engine::cuda {

/// A Program in a device's memory.
class DeviceProgram {
 public:
  /// Throws Error (device_failure).
  DeviceProgram(kernels::Device& device, const Program& program);

  /// Its pointers are the device's.
  const ProgramView& view() const { return view_; }

 private:
  DeviceBuffer memory_;
  ProgramView view_;
};

}  // namespace evenscore::engine::cuda
