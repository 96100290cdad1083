#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "evenscore/stage.h"
#include "evenscore/views.h"

namespace evenscore::engine::cpu {

/// Scores rows [first, last) of `rows` with one thread. `scratch` holds scratch_size() doubles.
using RunRows = void (*)(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                         std::int64_t first, std::int64_t last, double* scratch);

/// One instruction set: the same source compiled once more (rows-inl.h).
struct Target {
  std::string_view name;  ///< "baseline", "avx2", "avx512"
  bool (*supported)();    ///< by this machine
  RunRows run_rows;
};

/// Widest first; baseline, which runs everywhere, last.
std::span<const Target> targets();

/// The widest supported target, or the one that the environment variable EVENSCORE_CPU names. Throws Error
/// (device_unavailable) when that one does not exist or is not supported here.
const Target& choose_target();

/// Doubles of scratch that run_rows needs.
std::int64_t scratch_size(const ProgramView& program);

}  // namespace evenscore::engine::cpu
