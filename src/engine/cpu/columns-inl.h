// Column stages on blocks of values in registers. Included once per instruction set.
#pragma once

#include "engine/cpu/load-inl.h"
#include "engine/cpu/packed_program.h"
#include "evenscore/arith/ops.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Eight columns of each row of a group.
struct Block {
  Doubles x[kWidth][kRegisters];
};

/// Register j of the eight values of a parameter that belong to columns from `column` on.
static HWY_INLINE Doubles parameter(const double* p, std::int64_t column, int j) {
  return load(p + column + j * kWidth);
}

/// x - mu: the folded centre-and-scale step.
struct Centred {
  const double* mu;
  HWY_INLINE explicit Centred(const PackedProgram& program) : mu(program.centre()) {}
  HWY_INLINE void apply(Block& block, std::int64_t column) {
    for (int j = 0; j < kRegisters; ++j) {
      const Doubles m = parameter(mu, column, j);
      for (int r = 0; r < kWidth; ++r) block.x[r][j] = sub(block.x[r][j], m);
    }
  }
  HWY_INLINE bool inputs_finite() const { return true; }
};

/// x / s from y = 1 / s where s is eligible (PackedProgram), correctly rounded where x is (Markstein 1990).
/// The signs are such that zeros keep theirs.
static HWY_INLINE Doubles quotient(Doubles x, Doubles s, Doubles y) {
  const Doubles q = mul(x, y);
  const Doubles minus_r = fma(q, s, negate(x));
  return fma(negate(minus_r), y, q);
}

/// Column stages, one after the other, on values in registers.
struct Staged {
  const PackedProgram& program;
  Doubles input_check = 0.0;  ///< NaN once an input was not finite

  HWY_INLINE explicit Staged(const PackedProgram& packed) : program(packed) {}

  template <class Operation>
  static HWY_INLINE void each(Block& block, const double* p, std::int64_t column, Operation operation) {
    for (int j = 0; j < kRegisters; ++j) {
      const Doubles value = parameter(p, column, j);
      for (int r = 0; r < kWidth; ++r) block.x[r][j] = operation(block.x[r][j], value);
    }
  }

  /// Whether quotient() is exact for all values of a block: f32 numbers are, but for infinities; other
  /// numbers are where they are far from underflow and overflow, and zeros.
  static HWY_INLINE bool quotients_exact(const Block& block, bool float32_values) {
    if (float32_values) {
      Doubles check = 0.0;
      for (const auto& row : block.x) {
        for (const Doubles& x : row) check = fma(x, 0.0, check);
      }
      return all(check == 0.0);
    }
    // 2^-800 <= |x| < 2^800, by one comparison of bits without sign; zeros are looked at only if there are
    // any.
    constexpr std::uint64_t kLow = (1023ULL - 800ULL) << 52;
    constexpr std::uint64_t kHigh = (1023ULL + 800ULL) << 52;
    Mask outside = Doubles(0.0) > 0.0;
    for (const auto& row : block.x) {
      for (const Doubles& x : row)
        outside = either(outside, at_least(bits_of(magnitude(x)) - kLow, kHigh - kLow));
    }
    if (HWY_LIKELY(none(outside))) return true;
    outside = Doubles(0.0) > 0.0;
    for (const auto& row : block.x) {
      for (const Doubles& x : row) {
        const Mask extreme = at_least(bits_of(magnitude(x)) - kLow, kHigh - kLow);
        outside = either(outside, both(extreme, x != 0.0));
      }
    }
    return none(outside);
  }

  static HWY_INLINE void divide(Block& block, const PackedStage& stage, std::int64_t column) {
    if (stage.reciprocal != nullptr && HWY_LIKELY(quotients_exact(block, stage.float32_values))) {
      for (int j = 0; j < kRegisters; ++j) {
        const Doubles s = parameter(stage.p, column, j);
        const Doubles y = parameter(stage.reciprocal, column, j);
        for (int r = 0; r < kWidth; ++r) block.x[r][j] = quotient(block.x[r][j], s, y);
      }
      return;
    }
    each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return div(x, p); });
  }

  static HWY_INLINE void apply_stage(Block& block, const PackedStage& stage, std::int64_t column) {
    switch (stage.kind) {
      case StageKind::subtract:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return sub(x, p); });
        break;
      case StageKind::divide:
        divide(block, stage, column);
        break;
      case StageKind::multiply:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return mul(x, p); });
        break;
      case StageKind::add:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return add(x, p); });
        break;
      case StageKind::reject_infinity:
        for (auto& row : block.x) {
          for (Doubles& x : row) x = fma(x, 0.0, x);
        }
        return;
      default:
        each(block, stage.p, column, [](Doubles x, Doubles p) HWY_ATTR { return arith::at_least(x, p); });
        each(block, stage.high, column, [](Doubles x, Doubles p) HWY_ATTR { return arith::at_most(x, p); });
    }
    if (stage.rounding == StageRounding::f32) {
      for (auto& row : block.x) {
        for (Doubles& x : row) x = widen(narrow(x));
      }
    }
  }

  HWY_INLINE void apply(Block& block, std::int64_t column) {
    if (program.view().check_inputs) {
      for (const auto& row : block.x) {
        for (const Doubles& x : row) input_check = fma(x, 0.0, input_check);
      }
    }
    for (const PackedStage& stage : program.stages()) apply_stage(block, stage, column);
    if (program.centre() != nullptr) {
      each(block, program.centre(), column, [](Doubles x, Doubles p) HWY_ATTR { return sub(x, p); });
    }
  }

  HWY_INLINE bool inputs_finite() const { return all(input_check == 0.0); }
};

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
