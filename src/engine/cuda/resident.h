#pragma once

#include <mutex>

#include "engine/cuda/device_program.h"
#include "engine/cuda/device_queue.h"

namespace evenscore::engine::cuda {

/// Runs of a Program over rows that are in a device's memory already. Safe from several threads.
class Resident {
 public:
  Resident(kernels::Device& device, const Program& program, const DeviceProgram& device_program)
      : device_(device),
        program_(program),
        device_program_(device_program),
        scratch_(device),
        used_(device) {}

  /// Puts the launch on the caller's stream. Launches share one scratch memory: each that needs it waits, on
  /// the device, for the one before. Throws Error (device_failure).
  void run(const RowsView& rows, const OutputsView& outputs, kernels::StreamHandle stream);

 private:
  kernels::Device& device_;
  const Program& program_;
  const DeviceProgram& device_program_;
  std::mutex mutex_;
  DeviceBuffer scratch_;
  DeviceEvent used_;  ///< after the last launch that uses the scratch memory
  bool is_used_ = false;
};

}  // namespace evenscore::engine::cuda
