#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "evenscore/stage.h"
#include "evenscore/views.h"

/// From a Program and the lie of its rows to one kernel launch. Plain C++: no CUDA needed.
namespace evenscore::kernels {

/// What the choice of a launch depends on. The defaults are those of a device of compute capability 7.5.
struct DeviceLimits {
  int major = 7, minor = 5;                  ///< compute capability
  int multiprocessors = 1;                   ///< of the device
  std::size_t shared_bytes_a_block = 65536;  ///< at most, once asked for
  std::size_t shared_bytes_a_multiprocessor = 65536;
};

/// How the kernel goes about it; never changes a bit.
enum class Schedule : std::uint8_t {
  fused_direct,  ///< affine, link and label in one pass, rows read straight into registers
  fused_tiles,   ///< the same, tiles of dense rows copied asynchronously into shared memory
  stages,        ///< the general stage loop
};

/// One launch, complete. Trivially copyable: it is the kernel's parameter.
struct ScoreLaunch {
  ProgramView program;        ///< `stages`, `constants` and `validity` point into the device's memory
  RowsView rows;              ///< in the device's memory
  OutputsView outputs;        ///< in the device's memory
  double* scratch = nullptr;  ///< `scratch_bytes` of the device's memory, for this launch alone while it runs

  Schedule schedule = Schedule::stages;
  std::int32_t lanes_a_thread = 1;    ///< fused: of the eight lanes of a score, how many a thread holds
  std::int32_t scores_at_a_time = 1;  ///< fused: scores computed in one pass over a row
  bool column_stages = false;         ///< fused: stages before the linear one, column by column
  bool constants_in_shared = false;   ///< fused: weights and means are copied there first
  std::int64_t widest = 0;            ///< stages: the most values that a row has between two stages
  std::int32_t blocks = 0, threads = 0;
  std::size_t shared_bytes = 0;   ///< dynamic, a block
  std::size_t scratch_bytes = 0;  ///< of all blocks
};

/// What a benchmark wants of a launch in place of the usual choice. Where there is no such variant for the
/// Program and its rows, the plan is another: see what it says.
struct PlanWish {
  std::optional<Schedule> schedule = {};
  std::optional<std::int32_t> lanes_a_thread = {};
};

/// The most scratch memory that a launch asks for, unless one row alone needs more.
inline constexpr std::size_t kMostScratchBytes = std::size_t{256} << 20;

/// Chooses the kernel for `program` (in host memory: its stages are read) on such rows. Of the result, the
/// pointers of `program` and `scratch` are the caller's to set; rows and outputs may be moved to others of
/// the same type and strides whose addresses have the same remainder modulo 16.
ScoreLaunch plan_score(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                       const DeviceLimits& limits, const PlanWish& wish = {});

}  // namespace evenscore::kernels
