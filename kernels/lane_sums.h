#pragma once

#include "evenscore/arith/score.h"

/// The eight virtual lanes of scores (docs/arithmetic.md, section 2) shared out over threads.
///
/// A group of G = 8 / V neighbouring threads works on G rows: thread i of the group holds lanes i V to i V +
/// V - 1 of each of the G rows. Summing hands rows over as lanes are paired, so that thread i ends with the
/// whole sum of row i, after as many additions a row as one thread alone would need.
namespace evenscore::kernels {

/// What one thread holds: N scores of G rows, V lanes of each.
template <int V, int N>
struct LaneSums {
  static constexpr int kGroup = arith::kLanes / V;
  double a[N][kGroup][V];
};

/// One step of the sum: lane l takes lane l + S, for l < S. Where those are in another thread, which is S / V
/// away, each hands over the half of its rows that the other one keeps.
template <int V, int N, int S, class Block, class Sums>
EVENSCORE_HD void pair_lanes(Block& block, Sums& sums) {
  if constexpr (S >= V) {
    constexpr int kAway = S / V;  // also half of the rows that are left
    block.template exchange<N * kAway * V>(
        kAway,
        [&](int thread, auto& sent) {
          const bool keeps_upper = (thread & kAway) != 0;
          int i = 0;
#pragma unroll
          for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int r = 0; r < kAway; ++r) {
#pragma unroll
              for (int v = 0; v < V; ++v) {
                const auto& a = sums[thread].a[n];
                sent[i++] = keeps_upper ? a[r][v] : a[r + kAway][v];
              }
            }
          }
        },
        [&](int thread, const auto& received) {
          const bool keeps_upper = (thread & kAway) != 0;
          int i = 0;
#pragma unroll
          for (int n = 0; n < N; ++n) {
#pragma unroll
            for (int r = 0; r < kAway; ++r) {
#pragma unroll
              for (int v = 0; v < V; ++v) {
                auto& a = sums[thread].a[n];
                a[r][v] = arith::add(keeps_upper ? a[r + kAway][v] : a[r][v], received[i++]);
              }
            }
          }
        });
  } else {
    block.each_thread([&](int thread) {
#pragma unroll
      for (int n = 0; n < N; ++n) {
        auto& a = sums[thread].a[n][0];
#pragma unroll
        for (int l = 0; l < S; ++l) a[l] = arith::add(a[l], a[l + S]);
      }
    });
  }
}

/// Leaves in a[n][0][0] of thread i of each group the sum of the lanes of score n of row i, added in the
/// order 4, 2, 1.
template <int V, int N, class Block, class Sums>
EVENSCORE_HD void sum_lanes(Block& block, Sums& sums) {
  pair_lanes<V, N, 4>(block, sums);
  pair_lanes<V, N, 2>(block, sums);
  pair_lanes<V, N, 1>(block, sums);
}

}  // namespace evenscore::kernels
