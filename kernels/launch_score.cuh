#pragma once

#include <cuda_runtime_api.h>

#include "kernels/score_launch.h"

namespace evenscore::kernels {

/// Puts the kernel of `launch` on `stream`. The pointers in it are the current device's. Throws Error
/// (device_failure).
void launch_score(const ScoreLaunch& launch, cudaStream_t stream);

/// Whether the current device can run the kernels of this build.
cudaError_t find_score_kernels();

}  // namespace evenscore::kernels
