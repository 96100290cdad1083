#pragma once

#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"
#include "kernels/fused_layout.h"
#include "kernels/lane_sums.h"
#include "kernels/row_elements.h"

/// The fused kernel: column stages, one affine stage, link and label in one pass over the rows. A block is a
/// sequence of phases over explicit state (kernels/README.md), so that the same source runs on the device
/// and, in the tests, on the host.
namespace evenscore::kernels {

/// What a variant of the fused kernel is compiled for.
template <ElementType type, int lanes_a_thread, int scores_at_a_time, Schedule schedule, bool column_stages>
struct Fused {
  static constexpr ElementType kType = type;
  static constexpr int kLanesAThread = lanes_a_thread;
  static constexpr int kScores = scores_at_a_time;
  static constexpr bool kTiles = schedule == Schedule::fused_tiles;
  static constexpr bool kColumnStages = column_stages;
  using Storage = typename arith::StorageOf<type>::Type;
};

/// Neighbouring elements, read at once.
template <class Storage, int n>
struct alignas(sizeof(Storage) * n) Elements {
  Storage e[n];
};

template <class Storage, int n>
EVENSCORE_HD Elements<Storage, n> load_elements(const std::byte* address) {
  Elements<Storage, n> elements;
  memcpy(&elements, __builtin_assume_aligned(address, sizeof elements), sizeof elements);
  return elements;
}

template <ElementType type, class Storage>
EVENSCORE_HD double widen_element(Storage value) {
  if constexpr (type == ElementType::f16) {
    return arith::widen_half(value);
  } else {
    return static_cast<double>(value);
  }
}

/// What the affine stage reads.
struct AffineConstants {
  const double* weights;  ///< (n_scores, n)
  const double* means;    ///< null for a stage without
  std::int64_t n;
};

/// Column i after the stages before the affine one. A rejected value becomes NaN, which makes every score
/// NaN.
EVENSCORE_HD double apply_column_stages(const ProgramView& program, std::int64_t i, double v) {
  for (std::int32_t s = 0; s + 1 < program.n_stages; ++s) {
    const Stage& stage = program.stages[s];
    if (stage.kind == StageKind::reject_infinity) {
      v = arith::select(arith::is_infinite(v), arith::double_of(0x7ff8000000000000ULL), v);
    } else {
      v = arith::apply_column_stage(stage, program.constants + stage.parameter, i, v);
    }
  }
  return v;
}

/// One element of one row into its lane, for each score.
template <class F, class Weights>
EVENSCORE_HD void add_element(const ScoreLaunch& a, double x, double mean, const Weights& weights,
                              std::int64_t column, int r, int v,
                              LaneSums<F::kLanesAThread, F::kScores>& sums) {
  if constexpr (F::kColumnStages) x = apply_column_stages(a.program, column, x);
  const double t = arith::sub(x, mean);
#pragma unroll
  for (int n = 0; n < F::kScores; ++n) sums.a[n][r][v] = arith::fma(t, weights[n][v], sums.a[n][r][v]);
}

/// A thread's lanes of the scores from `k` on, of its group's rows. `rows` is the block's first row, which
/// has `n_rows` from there; the last one stands in for those that are not there.
template <class F>
EVENSCORE_HD void accumulate(const ScoreLaunch& a, const AffineConstants& constants, const std::byte* rows,
                             std::int64_t n_rows, int thread, std::int32_t k,
                             LaneSums<F::kLanesAThread, F::kScores>& sums) {
  constexpr int V = F::kLanesAThread;
  constexpr int kGroup = LaneSums<V, F::kScores>::kGroup;
  using Storage = typename F::Storage;
  const std::int64_t stride = V > 1 ? static_cast<std::int64_t>(sizeof(Storage)) : a.rows.column_stride;
  const int first_lane = thread % kGroup * V;
  const std::byte* row[kGroup];
#pragma unroll
  for (int r = 0; r < kGroup; ++r) {
    const std::int64_t wanted = thread / kGroup * kGroup + r;
    row[r] = rows + (wanted < n_rows ? wanted : n_rows - 1) * a.rows.row_stride + first_lane * stride;
  }
  const double* w[F::kScores];
#pragma unroll
  for (int n = 0; n < F::kScores; ++n) {
    const std::int32_t score = k + n < a.program.n_scores ? k + n : a.program.n_scores - 1;
    w[n] = constants.weights + score * constants.n + first_lane;
  }
  const double* const means = constants.means == nullptr ? nullptr : constants.means + first_lane;
#pragma unroll
  for (auto& score : sums.a) {
#pragma unroll
    for (auto& lanes : score) {
#pragma unroll
      for (double& lane : lanes) lane = 0.0;
    }
  }
  std::int64_t column = 0;
#pragma unroll 2
  for (; column + arith::kLanes <= constants.n; column += arith::kLanes) {
    Elements<Storage, V> x[kGroup];
#pragma unroll
    for (int r = 0; r < kGroup; ++r) x[r] = load_elements<Storage, V>(row[r] + column * stride);
    double weights[F::kScores][V];
#pragma unroll
    for (int n = 0; n < F::kScores; ++n) {
#pragma unroll
      for (int v = 0; v < V; ++v) weights[n][v] = w[n][column + v];
    }
#pragma unroll
    for (int v = 0; v < V; ++v) {
      const double mean = means == nullptr ? 0.0 : means[column + v];
#pragma unroll
      for (int r = 0; r < kGroup; ++r)
        add_element<F>(a, widen_element<F::kType>(x[r].e[v]), mean, weights, column + first_lane + v, r, v,
                       sums);
    }
  }
#pragma unroll
  for (int v = 0; v < V; ++v) {
    if (column + first_lane + v >= constants.n) break;
    double weights[F::kScores][V];
#pragma unroll
    for (int n = 0; n < F::kScores; ++n) weights[n][v] = w[n][column + v];
    const double mean = means == nullptr ? 0.0 : means[column + v];
#pragma unroll
    for (int r = 0; r < kGroup; ++r) {
      const auto x = load_elements<Storage, 1>(row[r] + (column + v) * stride);
      add_element<F>(a, widen_element<F::kType>(x.e[0]), mean, weights, column + first_lane + v, r, v, sums);
    }
  }
}

/// Where the affine stage finds its constants; all threads copy them into shared memory first where they fit.
template <class Block>
EVENSCORE_HD AffineConstants affine_constants(Block& block, const ScoreLaunch& a, const FusedLayout& layout) {
  const Stage& affine = a.program.stages[a.program.n_stages - 1];
  const double* const weights = a.program.constants + affine.weight;
  const double* const means =
      affine.kind == StageKind::affine ? nullptr : a.program.constants + affine.parameter;
  if (!a.constants_in_shared) return {weights, means, affine.n_in};
  double* const shared = reinterpret_cast<double*>(block.shared() + layout.constants);
  const std::int64_t n_weights = a.program.n_scores * affine.n_in;
  block.each_thread([&](int thread) {
    for (std::int64_t i = thread; i < n_weights; i += block.threads()) shared[i] = weights[i];
    for (std::int64_t i = thread; means != nullptr && i < affine.n_in; i += block.threads())
      shared[n_weights + i] = means[i];
  });
  block.barrier();
  return {shared, means == nullptr ? nullptr : shared + n_weights, affine.n_in};
}

/// Rows in flight from the device's memory to shared memory, tile after tile.
template <class Block>
class Tiles {
 public:
  EVENSCORE_HD Tiles(Block& block, const ScoreLaunch& a, const FusedLayout& layout)
      : block_(block), a_(a), tile_bytes_(layout.tile_bytes) {
    for (int stage = 0; stage < kCopyStages; ++stage) start(stage, block.index() + stage * block.count());
  }

  /// The tile, once it is there.
  EVENSCORE_HD const std::byte* wait(std::int64_t tile) {
    block_.wait_copy(stage_);
    std::byte* const to = block_.shared() + stage_ * tile_bytes_;
    const std::int64_t rest = bytes_of(tile) % 16;
    if (rest != 0) {  // of the last tile; asynchronous copies take multiples of 16 bytes
      const std::int64_t whole = bytes_of(tile) - rest;
      block_.each_thread([&](int thread) {
        if (thread < rest) to[whole + thread] = address_of(tile)[whole + thread];
      });
      block_.barrier();
    }
    return to;
  }

  /// After a barrier behind the last use of `tile`: its place takes the next one.
  EVENSCORE_HD void replace(std::int64_t tile) {
    start(stage_, tile + kCopyStages * block_.count());
    stage_ = (stage_ + 1) % kCopyStages;
  }

 private:
  EVENSCORE_HD const std::byte* address_of(std::int64_t tile) const {
    return a_.rows.data + tile * block_.threads() * a_.rows.row_stride;
  }
  EVENSCORE_HD std::int64_t bytes_of(std::int64_t tile) const {
    const std::int64_t left = a_.rows.count - tile * block_.threads();
    const std::int64_t rows = left < 0 ? 0 : left < block_.threads() ? left : block_.threads();
    return rows * a_.rows.row_stride;
  }
  EVENSCORE_HD void start(int stage, std::int64_t tile) {
    const std::int64_t bytes = bytes_of(tile);
    block_.start_copy(stage, block_.shared() + stage * tile_bytes_, address_of(tile), bytes - bytes % 16);
  }

  Block& block_;
  const ScoreLaunch& a_;
  std::int64_t tile_bytes_;
  int stage_ = 0;
};

/// Nothing to wait for: rows are read where they are.
template <class Block>
class DirectRows {
 public:
  EVENSCORE_HD DirectRows(Block& block, const ScoreLaunch& a, const FusedLayout&) : block_(block), a_(a) {}
  EVENSCORE_HD const std::byte* wait(std::int64_t tile) {
    return a_.rows.data + tile * block_.threads() * a_.rows.row_stride;
  }
  EVENSCORE_HD void replace(std::int64_t) {}

 private:
  Block& block_;
  const ScoreLaunch& a_;
};

template <bool tiles, class Block>
struct RowSourceOf {
  using Type = DirectRows<Block>;
};
template <class Block>
struct RowSourceOf<true, Block> {
  using Type = Tiles<Block>;
};

/// The kernel. Each thread ends with one row of every tile of as many rows as the block has threads.
template <class F, class Block>
EVENSCORE_HD void score_rows(Block& block, const ScoreLaunch& a) {
  constexpr int V = F::kLanesAThread;
  const FusedLayout layout =
      fused_layout(a.program, a.rows, F::kTiles ? Schedule::fused_tiles : Schedule::fused_direct,
                   a.constants_in_shared, block.threads());
  const AffineConstants constants = affine_constants(block, a, layout);
  const double* const intercepts = a.program.constants + a.program.stages[a.program.n_stages - 1].intercept;
  auto sums = block.template per_thread<LaneSums<V, F::kScores>>();
  typename RowSourceOf<F::kTiles, Block>::Type source(block, a, layout);
  const std::int64_t n_tiles = (a.rows.count + block.threads() - 1) / block.threads();
  for (std::int64_t tile = block.index(); tile < n_tiles; tile += block.count()) {
    const std::int64_t first = tile * block.threads();
    const std::int64_t n_rows = a.rows.count - first;
    const std::byte* const rows = source.wait(tile);
    const auto finish = [&](int thread, const double* z) {
      if (thread >= n_rows) return;
      const std::int64_t row = first + thread;
      const RowStatus status = arith::status_of(a.program, z, row_elements(a.rows, row));
      arith::finish_row(a.program, z, status, a.outputs, row);
    };
    for (std::int32_t k = 0; k < a.program.n_scores; k += F::kScores) {
      block.each_thread(
          [&](int thread) { accumulate<F>(a, constants, rows, n_rows, thread, k, sums[thread]); });
      if (k + F::kScores >= a.program.n_scores) {
        if constexpr (F::kTiles) block.barrier();
        source.replace(tile);
      }
      sum_lanes<V, F::kScores>(block, sums);
      block.each_thread([&](int thread) {
        if constexpr (F::kScores == 1) {
          const double z = arith::canonical(arith::add(sums[thread].a[0][0][0], intercepts[0]));
          finish(thread, &z);
        } else {
          double* const z =
              reinterpret_cast<double*>(block.shared() + layout.scores) + thread * layout.scores_pitch;
          for (int n = 0; n < F::kScores && k + n < a.program.n_scores; ++n)
            z[k + n] = arith::canonical(arith::add(sums[thread].a[n][0][0], intercepts[k + n]));
          if (k + F::kScores >= a.program.n_scores) finish(thread, z);
        }
      });
    }
  }
}

}  // namespace evenscore::kernels
