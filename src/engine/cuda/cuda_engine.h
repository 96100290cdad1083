#pragma once

#include <memory>
#include <vector>

#include "evenscore/engine.h"
#include "kernels/device.h"

namespace evenscore::engine {

struct CudaOptions {
  int slots_a_device = 3;                           ///< one copied to the device, one scored, one copied back
  std::size_t chunk_bytes = std::size_t{32} << 20;  ///< of rows and results in a slot, unless a row has more
};

/// An engine over these devices, at least one. Throws Error (device_failure).
std::unique_ptr<Engine> make_cuda(const Program& program,
                                  std::vector<std::unique_ptr<kernels::Device>> devices,
                                  const CudaOptions& options = {});

/// An engine over the GPUs that `options` names. Throws Error (device_unavailable, device_failure).
std::unique_ptr<Engine> make_cuda(const Program& program, const EngineOptions& options);

}  // namespace evenscore::engine
