#pragma once

#include <cstdint>

#include "kernels/score_launch.h"

namespace evenscore::kernels {

/// Runs a launch's kernel in its host form: all of its pointers are host memory, its shared memory is a
/// buffer of exactly `shared_bytes` a block, and `seed` decides in which order blocks and threads run.
/// Throws std::logic_error where the kernel does what has no meaning on a device.
void run_on_host(const ScoreLaunch& launch, std::uint64_t seed);

}  // namespace evenscore::kernels
