// Squares of doubles, rows to columns. Included once per instruction set.
#pragma once

#include "engine/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Element r of out[c] is column c of row r; kWidth x kWidth.
static HWY_INLINE void transpose(const Doubles (&row)[kWidth], Doubles (&out)[kWidth]) {
  const auto lower = [](Doubles a, Doubles b)
                         HWY_ATTR { return Doubles(hn::InterleaveLower(kDoubles, a.v, b.v)); };
  const auto upper = [](Doubles a, Doubles b)
                         HWY_ATTR { return Doubles(hn::InterleaveUpper(kDoubles, a.v, b.v)); };
  if constexpr (kWidth == 2) {
    out[0] = lower(row[0], row[1]);
    out[1] = upper(row[0], row[1]);
  } else {
    const auto lower_halves = [](Doubles a, Doubles b)
                                  HWY_ATTR { return Doubles(hn::ConcatLowerLower(kDoubles, b.v, a.v)); };
    const auto upper_halves = [](Doubles a, Doubles b)
                                  HWY_ATTR { return Doubles(hn::ConcatUpperUpper(kDoubles, b.v, a.v)); };
    if constexpr (kWidth == 4) {
      const Doubles even[] = {lower(row[0], row[1]), lower(row[2], row[3])};
      const Doubles odd[] = {upper(row[0], row[1]), upper(row[2], row[3])};
      out[0] = lower_halves(even[0], even[1]);
      out[1] = lower_halves(odd[0], odd[1]);
      out[2] = upper_halves(even[0], even[1]);
      out[3] = upper_halves(odd[0], odd[1]);
    } else {
      const auto even_blocks = [](Doubles a, Doubles b) HWY_ATTR {
        return Doubles(hn::OddEvenBlocks(hn::SwapAdjacentBlocks(b.v), a.v));
      };
      const auto odd_blocks = [](Doubles a, Doubles b) HWY_ATTR {
        return Doubles(hn::OddEvenBlocks(b.v, hn::SwapAdjacentBlocks(a.v)));
      };
      for (int parity = 0; parity < 2; ++parity) {
        Doubles pair[4];
        for (int i = 0; i < 4; ++i)
          pair[i] = parity == 0 ? lower(row[2 * i], row[2 * i + 1]) : upper(row[2 * i], row[2 * i + 1]);
        const Doubles first = even_blocks(pair[0], pair[1]);
        const Doubles second = even_blocks(pair[2], pair[3]);
        const Doubles third = odd_blocks(pair[0], pair[1]);
        const Doubles fourth = odd_blocks(pair[2], pair[3]);
        out[parity] = lower_halves(first, second);
        out[parity + 2] = lower_halves(third, fourth);
        out[parity + 4] = upper_halves(first, second);
        out[parity + 6] = upper_halves(third, fourth);
      }
    }
  }
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
