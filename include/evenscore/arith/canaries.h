#pragma once

#include "evenscore/arith/ops.h"

/// Seven sums that come out wrong where a compiler, a library or a thread has changed the rules of arithmetic
/// (docs/arithmetic.md, section 5). They run before anything is scored.
namespace evenscore::arith {

/// What to compute with; in memory that the compiler cannot see through, so that nothing is folded.
struct CanaryInputs {
  double one = 1.0;
  double three = 3.0;
  double half = 0.5;
  double just_above_one = 0x1.0000002p0;  ///< 1 + 2^-27
  double minus_square = -0x1.0000004p0;   ///< -(1 + 2^-26): minus the rounded square of just_above_one
  double smallest_normal = 0x1p-1022;
  double f32_denormal = 0x1p-140;
  double half_ulp = 0x1p-53;
  double signed_nan = double_of(0xfff8000000000123ULL);
};

enum Canary : unsigned {
  kCanaryContraction = 1,  ///< a * b + c in two operations was fused into one
  kCanaryFusion = 2,       ///< fma(a, b, c) was split in two
  kCanaryDenormal = 4,     ///< a denormal result or operand was flushed to zero
  kCanaryNarrow = 8,       ///< an f32 denormal was flushed to zero
  kCanaryDivision = 16,    ///< a division was approximated
  kCanaryRounding = 32,    ///< the rounding mode is not to nearest even
  kCanaryNan = 64,         ///< a stored NaN is not the canonical one
};

/// The canaries that failed, as a sum of Canary values; 0 when arithmetic is as it must be.
EVENSCORE_HD unsigned failed_canaries(const volatile CanaryInputs& in) {
  unsigned failed = 0;
  if (bits_of(add(mul(in.just_above_one, in.just_above_one), in.minus_square)) != 0)
    failed |= kCanaryContraction;
  if (bits_of(fma(in.just_above_one, in.just_above_one, in.minus_square)) != bits_of(0x1p-54)) {
    failed |= kCanaryFusion;
  }
  const double denormal = mul(in.smallest_normal, in.half);
  if (bits_of(denormal) != 0x0008000000000000ULL ||
      bits_of(add(denormal, denormal)) != 0x0010000000000000ULL) {
    failed |= kCanaryDenormal;
  }
  if (bits_of(narrow(in.f32_denormal)) != 0x200U) failed |= kCanaryNarrow;
  if (bits_of(div(in.one, in.three)) != 0x3fd5555555555555ULL) failed |= kCanaryDivision;
  if (bits_of(add(in.one, in.half_ulp)) != bits_of(1.0) ||
      bits_of(add(add(in.one, in.half_ulp * 2.0), in.half_ulp)) != bits_of(1.0 + 0x1p-51) ||
      bits_of(sub(negate(in.one), in.half_ulp)) != bits_of(-1.0)) {
    failed |= kCanaryRounding;
  }
  if (bits_of(canonical(in.signed_nan)) != 0x7ff8000000000000ULL) failed |= kCanaryNan;
  return failed;
}

}  // namespace evenscore::arith
