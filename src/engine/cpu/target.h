#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/cpu/packed_program.h"
#include "evenscore/views.h"

namespace evenscore::engine::cpu {

/// Scores rows [first, last) of `rows` with one thread. `scratch` holds scratch_size() doubles.
using RunRows = void (*)(const PackedProgram& program, const RowsView& rows, const OutputsView& outputs,
                         std::int64_t first, std::int64_t last, double* scratch);

/// One instruction set: the same source compiled once more (rows-inl.h), or the scalar baseline.
struct Target {
  std::string_view name;  ///< "baseline", "avx2", "avx512", "neon"
  bool (*supported)();    ///< by this machine
  RunRows run_rows;
};

/// Widest first; baseline, which runs everywhere, last.
std::span<const Target> targets();

/// The target of that name, or with an empty one that of the environment variable EVENSCORE_CPU, or else the
/// widest that is supported. Throws Error (device_unavailable) when a named one does not exist or is not
/// supported here.
const Target& choose_target(const std::string& name = {});

/// Rows whose scores are computed before their links: enough that the links' long chains of operations
/// overlap, few enough that their scores stay in the first cache. A multiple of every target's group of rows.
inline std::int64_t rows_a_block(const ProgramView& program) {
  constexpr std::int64_t kScores = 1024;
  const std::int64_t rows = kScores / program.n_scores / 8 * 8;
  return rows < 8 ? 8 : rows > 32 ? 32 : rows;
}

/// Doubles of scratch that run_rows needs.
std::int64_t scratch_size(const PackedProgram& program);

}  // namespace evenscore::engine::cpu
