#pragma once

#include <memory>
#include <vector>

#include "kernels/device.h"

namespace evenscore::engine::cuda {

/// The GPUs with these numbers, as CUDA counts them. Throws Error (device_unavailable): no driver, no such
/// GPU, or one that this build has no code for.
std::vector<std::unique_ptr<kernels::Device>> open_gpus(const std::vector<int>& ordinals);
/// The same, all that there are.
std::vector<std::unique_ptr<kernels::Device>> open_all_gpus();

}  // namespace evenscore::engine::cuda
