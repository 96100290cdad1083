#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "h5/contained_run.h"

namespace evenscore::h5 {

/// The child's side of run_contained, right after the fork: gives up what the child does not need, runs
/// `work`, writes the length of its answer (u64) and the answer to `pipe`, and ends the process with status
/// 0; with 1 when anything failed.
[[noreturn]] void live_contained(const std::function<std::vector<std::byte>()>& work, int pipe, pid_t parent,
                                 const ContainedLimits& limits);

}  // namespace evenscore::h5
