#pragma once

#include "evenscore/arith/host_device.h"
#include "kernels/score_launch.h"

/// Shared memory of the fused kernels: tiles of rows, then constants, then scores.
namespace evenscore::kernels {

/// Tiles of rows in flight.
inline constexpr int kCopyStages = 4;

struct FusedLayout {
  std::int64_t tile_bytes = 0;  ///< of one of kCopyStages
  std::int64_t constants = 0;   ///< byte offset: the weights, (n_scores, n_features), then the means
  std::int64_t scores = 0;      ///< byte offset: scores_pitch doubles a thread; none for one score
  std::int64_t scores_pitch = 0;
  std::int64_t bytes = 0;
};

EVENSCORE_HD FusedLayout fused_layout(const ProgramView& program, const RowsView& rows, Schedule schedule,
                                      bool constants_in_shared, int threads) {
  FusedLayout layout;
  if (schedule == Schedule::fused_tiles) layout.tile_bytes = (threads * rows.row_stride + 15) / 16 * 16;
  layout.constants = kCopyStages * layout.tile_bytes;
  layout.scores = layout.constants;
  if (constants_in_shared) layout.scores += 8 * (program.n_scores + 1) * program.n_features;
  // Odd, so that the same score of 32 rows lies in different banks.
  if (program.n_scores > 1) layout.scores_pitch = program.n_scores | 1;
  layout.bytes = layout.scores + 8 * threads * layout.scores_pitch;
  return layout;
}

}  // namespace evenscore::kernels
