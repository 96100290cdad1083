#pragma once

#include "evenscore/arith/apply_stage.h"
#include "evenscore/arith/finish_row.h"
#include "kernels/row_elements.h"
#include "kernels/score_launch.h"

/// The general kernel: any Program, stage by stage, on tiles of 32 rows. All columns of a tile lie in two
/// buffers, in shared memory where they fit and else in scratch; each stage reads one and fills the other.
/// Warp w of a block takes every eighth column (or score) from w on, and thread t of a warp row t.
namespace evenscore::kernels {

inline constexpr int kTileRows = 32;
inline constexpr int kTileWarps = arith::kLanes;
inline constexpr int kTileThreads = kTileRows * kTileWarps;
/// Doubles from one column of a buffer to the next: odd, so that a row of columns lies in different banks.
inline constexpr int kTilePitch = kTileRows + 1;

/// Doubles of the block's own, in shared memory before any buffer.
struct TileState {
  double rejected[kTileWarps][kTileRows];  ///< 0, or NaN where the warp saw a rejected value
  double lanes[kTileWarps][kTileRows];     ///< of a score, or in [0] the norm of each row
};

/// Doubles of both buffers.
EVENSCORE_HD std::int64_t tile_doubles(std::int64_t widest) {
  return 2 * kTilePitch * widest;
}

/// One row of a buffer.
struct TileRow {
  double* first;
  EVENSCORE_HD double& operator[](std::int64_t column) const { return first[column * kTilePitch]; }
};

/// A block at work on one tile.
template <class Block>
class StageLoop {
 public:
  EVENSCORE_HD StageLoop(Block& block, const ScoreLaunch& a)
      : block_(block), a_(a), state_(*reinterpret_cast<TileState*>(block.shared())) {
    double* const buffers = a.scratch_bytes == 0
                                ? reinterpret_cast<double*>(block.shared() + sizeof(TileState))
                                : a.scratch + block.index() * tile_doubles(a.widest);
    in_ = buffers;
    out_ = buffers + kTilePitch * a.widest;
  }

  EVENSCORE_HD void run(std::int64_t first, std::int64_t n_rows) {
    load(first, n_rows);
    for (std::int32_t s = 0; s < a_.program.n_stages; ++s) {
      apply(a_.program.stages[s]);
      block_.barrier();
      double* const filled = out_;
      out_ = in_;
      in_ = filled;
    }
    finish(first, n_rows);
    block_.barrier();
  }

 private:
  static EVENSCORE_HD int warp_of(int thread) { return thread / kTileRows; }
  static EVENSCORE_HD int row_of(int thread) { return thread % kTileRows; }
  EVENSCORE_HD TileRow in(int row) const { return {in_ + row}; }
  EVENSCORE_HD TileRow out(int row) const { return {out_ + row}; }
  /// Neighbouring threads read what lies together, columns or rows.
  EVENSCORE_HD void load(std::int64_t first, std::int64_t n_rows) {
    const bool by_column = a_.rows.column_stride > a_.rows.row_stride;
    block_.each_thread([&](int thread) {
      state_.rejected[warp_of(thread)][row_of(thread)] = 0.0;
      const std::int64_t row_step = by_column ? kTileRows : kTileWarps;
      const std::int64_t column_step = by_column ? kTileWarps : kTileRows;
      const int row_start = by_column ? row_of(thread) : warp_of(thread);
      const int column_start = by_column ? warp_of(thread) : row_of(thread);
      for (std::int64_t row = row_start; row < kTileRows; row += row_step) {
        const std::int64_t last = n_rows - 1;
        const std::int64_t from = first + (row < last ? row : last);
        for (std::int64_t column = column_start; column < a_.program.n_features; column += column_step)
          in(static_cast<int>(row))[column] = row_elements(a_.rows, from)[column];
      }
    });
    block_.barrier();
  }

  EVENSCORE_HD void apply(const Stage& stage) {
    switch (stage.kind) {
      case StageKind::affine:
      case StageKind::affine_centered:
        return stage.n_out < kTileWarps ? affine_by_lane(stage) : affine_by_score(stage);
      case StageKind::normalize_l1:
      case StageKind::normalize_l2:
      case StageKind::normalize_max:
      case StageKind::normalize_signed_max:
        return normalize(stage);
      case StageKind::products:  // each may need those before it
        return block_.each_thread([&](int thread) {
          double rejected = 0.0;
          if (warp_of(thread) == 0)
            arith::apply_stage(stage, a_.program.constants, in(row_of(thread)), out(row_of(thread)),
                               rejected);
        });
      default:
        return by_column(stage);
    }
  }

  /// gather, reject and what treats each column by itself.
  EVENSCORE_HD void by_column(const Stage& stage) {
    const double* const p = a_.program.constants + stage.parameter;
    block_.each_thread([&](int thread) {
      const TileRow from = in(row_of(thread));
      const TileRow to = out(row_of(thread));
      double& rejected = state_.rejected[warp_of(thread)][row_of(thread)];
      for (std::int64_t i = warp_of(thread); i < stage.n_out; i += kTileWarps) {
        if (stage.kind == StageKind::gather) {
          to[i] = from[static_cast<std::int64_t>(p[i])];
          continue;
        }
        const double x = from[i];
        if (stage.kind == StageKind::reject_infinity) {
          rejected = arith::add(rejected, arith::nan_if_infinite(x));
        } else if (stage.kind == StageKind::reject_not_finite) {
          rejected = arith::add(rejected, arith::mul(x, 0.0));
        }
        to[i] = arith::is_column_stage(stage.kind) ? arith::apply_column_stage(stage, p, i, x) : x;
      }
    });
  }

  EVENSCORE_HD void normalize(const Stage& stage) {
    const double* const p = a_.program.constants + stage.parameter;
    block_.each_thread([&](int thread) {
      if (warp_of(thread) == 0) state_.lanes[0][thread] = arith::divisor_of<double>(stage, p, in(thread));
    });
    block_.barrier();
    block_.each_thread([&](int thread) {
      const double norm = state_.lanes[0][row_of(thread)];
      for (std::int64_t i = warp_of(thread); i < stage.n_in; i += kTileWarps)
        out(row_of(thread))[i] = arith::div(in(row_of(thread))[i], norm);
    });
  }

  /// Many scores: each by one thread.
  EVENSCORE_HD void affine_by_score(const Stage& stage) {
    block_.each_thread([&](int thread) {
      for (std::int64_t k = warp_of(thread); k < stage.n_out; k += kTileWarps)
        out(row_of(thread))[k] =
            arith::affine_score<double>(stage, a_.program.constants, k, in(row_of(thread)));
    });
  }

  /// Few scores: lane w of each by warp w.
  EVENSCORE_HD void affine_by_lane(const Stage& stage) {
    const double* const constants = a_.program.constants;
    for (std::int64_t k = 0; k < stage.n_out; ++k) {
      const double* const w = constants + stage.weight + k * stage.n_in;
      const double* const mu = constants + stage.parameter;
      block_.each_thread([&](int thread) {
        const TileRow from = in(row_of(thread));
        double lane = 0.0;
        for (std::int64_t i = warp_of(thread); i < stage.n_in; i += kTileWarps) {
          const double x = from[i];
          lane = arith::fma(stage.kind == StageKind::affine ? x : arith::sub(x, mu[i]), w[i], lane);
        }
        state_.lanes[warp_of(thread)][row_of(thread)] = lane;
      });
      block_.barrier();
      block_.each_thread([&](int thread) {
        if (warp_of(thread) != 0) return;
        arith::Lanes<double> lanes;
        for (int l = 0; l < arith::kLanes; ++l) lanes.a[l] = state_.lanes[l][thread];
        out(thread)[k] =
            arith::canonical(arith::add(arith::sum_lanes(lanes), constants[stage.intercept + k]));
      });
      block_.barrier();
    }
  }

  /// The scores of a row side by side, in the buffer that is free; then its outputs, by one thread.
  EVENSCORE_HD void finish(std::int64_t first, std::int64_t n_rows) {
    const std::int32_t n_scores = a_.program.n_scores;
    block_.each_thread([&](int thread) {
      double rejected = 0.0;
      for (int warp = 0; warp < kTileWarps; ++warp)
        rejected = arith::add(rejected, state_.rejected[warp][row_of(thread)]);
      for (std::int32_t k = warp_of(thread); k < n_scores; k += kTileWarps)
        out_[row_of(thread) * n_scores + k] = arith::score_unless_rejected(in(row_of(thread))[k], rejected);
    });
    block_.barrier();
    block_.each_thread([&](int thread) {
      if (thread >= kTileRows || thread >= n_rows) return;
      const std::int64_t row = first + thread;
      const double* const z = out_ + thread * n_scores;
      const RowStatus status = arith::status_of(a_.program, z, row_elements(a_.rows, row));
      arith::finish_row(a_.program, z, status, a_.outputs, row);
    });
  }

  Block& block_;
  const ScoreLaunch& a_;
  TileState& state_;
  double* in_;
  double* out_;
};

template <class Block>
EVENSCORE_HD void run_stages(Block& block, const ScoreLaunch& a) {
  StageLoop<Block> loop(block, a);
  const std::int64_t n_tiles = (a.rows.count + kTileRows - 1) / kTileRows;
  for (std::int64_t tile = block.index(); tile < n_tiles; tile += block.count())
    loop.run(tile * kTileRows, a.rows.count - tile * kTileRows);
}

}  // namespace evenscore::kernels
