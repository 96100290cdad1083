#include "kernels/score_launch.h"

#include <algorithm>

#include "kernels/fused_variants.h"
#include "kernels/stage_loop.h"

namespace evenscore::kernels {
namespace {

/// Of one tile: longer rows are read fast enough without.
constexpr std::int64_t kMostTileBytes = 24 << 10;
constexpr std::int64_t kMostTileRowBytes = 256;
constexpr std::int64_t kMostConstantBytes = 32 << 10;
constexpr std::int64_t kMostScoreBytes = 48 << 10;
constexpr int kMostThreads = 256;
constexpr int kFewestThreads = 64;
/// What the hardware keeps for itself of each block's shared memory, and what kernels have beside the
/// dynamic.
constexpr std::size_t kReservedBytes = 1024;
constexpr std::size_t kStaticBytes = 128;
/// Threads that a multiprocessor has registers for (the launch bounds in launch_score.cu).
constexpr int kThreadsForOneScore = 512;
constexpr int kThreadsForScores = 256;
constexpr int kThreadsForStages = 1024;

std::int64_t widest_of(const ProgramView& program) {
  std::int64_t widest = program.n_features;
  for (std::int32_t s = 0; s < program.n_stages; ++s) widest = std::max(widest, program.stages[s].n_out);
  return widest;
}

/// Whether all stages but the last treat each column by itself, and the last is linear. A missing value is
/// replaced only before anything is rejected: a rejected one is told from others by being NaN.
bool is_fusible(const ProgramView& program) {
  bool rejects = false;
  for (std::int32_t s = 0; s + 1 < program.n_stages; ++s) {
    const StageKind kind = program.stages[s].kind;
    if (!arith::is_fusible_column_stage(kind) && kind != StageKind::binarize &&
        kind != StageKind::replace_missing)
      return false;
    if (kind == StageKind::replace_missing && rejects) return false;
    rejects = rejects || kind == StageKind::reject_infinity;
  }
  return arith::is_linear(program.stages[program.n_stages - 1].kind);
}

/// Whether every element is where `size` bytes may be read at once.
bool is_aligned(const RowsView& rows, std::int64_t size) {
  const auto address = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(rows.data) % 16);
  return address % size == 0 && rows.row_stride % size == 0 && rows.column_stride % size == 0;
}

int blocks_for(const ScoreLaunch& launch, const DeviceLimits& limits, std::int64_t rows_a_block,
               int threads_a_multiprocessor) {
  const std::size_t by_shared = limits.shared_bytes_a_multiprocessor / (launch.shared_bytes + kReservedBytes);
  const std::size_t resident = std::clamp<std::size_t>(
      by_shared, 1, static_cast<std::size_t>(threads_a_multiprocessor / launch.threads));
  const std::int64_t wanted = (launch.rows.count + rows_a_block - 1) / rows_a_block;
  const std::int64_t most = static_cast<std::int64_t>(resident) * limits.multiprocessors;
  return static_cast<int>(std::clamp<std::int64_t>(wanted, 1, most));
}

/// Whether the fused kernel runs this, and how.
bool plan_fused(ScoreLaunch& launch, const DeviceLimits& limits, const PlanWish& wish) {
  const ProgramView& program = launch.program;
  const RowsView& rows = launch.rows;
  const auto size = static_cast<std::int64_t>(element_size(rows.type));
  if (!is_fusible(program) || !is_aligned(rows, size)) return false;
  launch.column_stages = program.n_stages > 1;
  if (launch.column_stages && !has_every_variant(rows.type)) return false;
  launch.scores_at_a_time = program.n_scores == 1 ? 1 : kScoresAtATime;
  const int wide = wide_lanes(rows.type);
  const bool dense_rows = rows.column_stride == size;
  const bool wide_loads =
      dense_rows && is_aligned({rows.data, rows.type, 0, 0, rows.row_stride, 16}, wide * size);
  const bool wide_wanted = wish.lanes_a_thread.value_or(wide) == wide;
  launch.lanes_a_thread = wide_loads && wide_wanted && !launch.column_stages ? wide : 1;
  const bool tiles = has_every_variant(rows.type) && !launch.column_stages && limits.major >= 8 &&
                     dense_rows && rows.row_stride == size * rows.columns &&
                     rows.row_stride <= kMostTileRowBytes &&
                     is_aligned({rows.data, rows.type, 0, 0, 16, 16}, 16);
  const bool tiles_wanted = wish.schedule.value_or(Schedule::fused_tiles) == Schedule::fused_tiles;
  launch.schedule = tiles && tiles_wanted ? Schedule::fused_tiles : Schedule::fused_direct;
  launch.constants_in_shared = 8 * (program.n_scores + 1) * program.n_features <= kMostConstantBytes;
  for (launch.threads = kMostThreads; launch.threads >= kFewestThreads; launch.threads /= 2) {
    const FusedLayout layout =
        fused_layout(program, rows, launch.schedule, launch.constants_in_shared, launch.threads);
    launch.shared_bytes = static_cast<std::size_t>(layout.bytes);
    if (launch.threads > kFewestThreads && layout.tile_bytes > kMostTileBytes) continue;
    if (launch.threads > kFewestThreads && layout.bytes - layout.scores > kMostScoreBytes) continue;
    if (launch.shared_bytes + kStaticBytes > limits.shared_bytes_a_block) continue;
    launch.blocks = blocks_for(launch, limits, launch.threads,
                               program.n_scores == 1 ? kThreadsForOneScore : kThreadsForScores);
    return true;
  }
  return false;
}

void plan_stages(ScoreLaunch& launch, const DeviceLimits& limits) {
  launch.schedule = Schedule::stages;
  launch.widest = widest_of(launch.program);
  launch.threads = kTileThreads;
  const auto buffers = static_cast<std::size_t>(tile_doubles(launch.widest)) * sizeof(double);
  launch.shared_bytes = sizeof(TileState) + buffers;
  const bool in_shared = launch.shared_bytes + kStaticBytes <= limits.shared_bytes_a_block &&
                         launch.shared_bytes + kReservedBytes <= limits.shared_bytes_a_multiprocessor / 2;
  if (!in_shared) launch.shared_bytes = sizeof(TileState);
  launch.blocks = blocks_for(launch, limits, kTileRows, kThreadsForStages);
  if (in_shared) return;
  const std::size_t most = std::max<std::size_t>(1, kMostScratchBytes / buffers);
  launch.blocks = static_cast<int>(std::min(static_cast<std::size_t>(launch.blocks), most));
  launch.scratch_bytes = buffers * static_cast<std::size_t>(launch.blocks);
}

}  // namespace

ScoreLaunch plan_score(const ProgramView& program, const RowsView& rows, const OutputsView& outputs,
                       const DeviceLimits& limits, const PlanWish& wish) {
  ScoreLaunch launch;
  launch.program = program;
  launch.rows = rows;
  launch.outputs = outputs;
  const bool fused_wanted = wish.schedule != Schedule::stages;
  if (!fused_wanted || !plan_fused(launch, limits, wish)) plan_stages(launch, limits);
  return launch;
}

}  // namespace evenscore::kernels
