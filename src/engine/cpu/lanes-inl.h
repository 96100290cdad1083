// The sum of a score's eight lanes. Included once per instruction set.
#pragma once

#include "engine/cpu/load-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Blocks of two sums, each half a sum over lanes l and l + 2.
static HWY_INLINE Doubles add_two_apart(Doubles a, Doubles b) {
  const auto crossed = hn::OddEvenBlocks(a.v, b.v);
  return add(Doubles(hn::OddEvenBlocks(b.v, a.v)), Doubles(hn::SwapAdjacentBlocks(crossed)));
}
static HWY_INLINE Doubles add_neighbours(Doubles a, Doubles b) {
  return add(Doubles(hn::InterleaveLower(kDoubles, a.v, b.v)),
             Doubles(hn::InterleaveUpper(kDoubles, a.v, b.v)));
}

/// The eight lanes of each row added in the order 4, 2, 1 (arith/score.h): element r is the sum of row r.
static HWY_INLINE Doubles add_lanes(const Doubles (&a)[kWidth][kRegisters]) {
  if constexpr (kWidth == 8) {
    const auto add_four_apart = [](Doubles x, Doubles y) HWY_ATTR {
      return add(Doubles(hn::ConcatLowerLower(kDoubles, y.v, x.v)),
                 Doubles(hn::ConcatUpperUpper(kDoubles, y.v, x.v)));
    };
    const Doubles even = add_two_apart(add_four_apart(a[0][0], a[4][0]), add_four_apart(a[2][0], a[6][0]));
    const Doubles odd = add_two_apart(add_four_apart(a[1][0], a[5][0]), add_four_apart(a[3][0], a[7][0]));
    return add_neighbours(even, odd);
  } else if constexpr (kWidth == 4) {
    Doubles sum[4];
    for (int r = 0; r < 4; ++r) sum[r] = add(a[r][0], a[r][1]);
    return add_neighbours(add_two_apart(sum[0], sum[2]), add_two_apart(sum[1], sum[3]));
  } else {
    Doubles sum[2];
    for (int r = 0; r < 2; ++r) sum[r] = add(add(a[r][0], a[r][2]), add(a[r][1], a[r][3]));
    return add_neighbours(sum[0], sum[1]);
  }
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
