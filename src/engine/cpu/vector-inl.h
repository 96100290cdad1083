// A vector of doubles, one a row or one a column, with the operations of evenscore/arith/ops.h, so that the
// arithmetic's templates take it for a number. Included once per instruction set.
#pragma once

#include <hwy/highway.h>

#include "evenscore/arith/ops.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

namespace hn = hwy::HWY_NAMESPACE;

/// As wide as the machine, at most the eight lanes of a score.
using DoubleTag = hn::CappedTag<double, 8>;
using FloatTag = hn::Rebind<float, DoubleTag>;
using BitsTag = hn::Rebind<std::uint64_t, DoubleTag>;

constexpr int kWidth = static_cast<int>(hn::MaxLanes(DoubleTag()));
constexpr DoubleTag kDoubles{};
constexpr FloatTag kFloats{};
constexpr BitsTag kBits{};

struct Mask {
  hn::Mask<DoubleTag> m;
};

struct Bits {
  hn::Vec<BitsTag> v;
};

struct Floats {
  hn::Vec<FloatTag> v;
};

struct Doubles {
  hn::Vec<DoubleTag> v;
  HWY_INLINE Doubles() : v(hn::Zero(kDoubles)) {}
  HWY_INLINE Doubles(double x) : v(hn::Set(kDoubles, x)) {}
  HWY_INLINE explicit Doubles(hn::Vec<DoubleTag> x) : v(x) {}
};

/// -x, kept apart so that fma(-x, y, z) is one instruction.
struct Negated {
  Doubles x;
  HWY_INLINE operator Doubles() const { return Doubles(hn::Neg(x.v)); }
};

static HWY_INLINE Doubles load(const double* p) {
  return Doubles(hn::LoadU(kDoubles, p));
}
static HWY_INLINE void store(Doubles x, double* p) {
  hn::StoreU(x.v, kDoubles, p);
}

/// The same: g++ would rather load it again for each use, and loads are what runs out first.
static HWY_INLINE Doubles in_register(Doubles x) {
#if HWY_ARCH_X86 && defined(__GNUC__)
  asm("" : "+v"(x.v.raw));
#endif
  return x;
}

static HWY_INLINE Doubles add(Doubles a, Doubles b) {
  return Doubles(hn::Add(a.v, b.v));
}
static HWY_INLINE Doubles sub(Doubles a, Doubles b) {
  return Doubles(hn::Sub(a.v, b.v));
}
static HWY_INLINE Doubles mul(Doubles a, Doubles b) {
  return Doubles(hn::Mul(a.v, b.v));
}
static HWY_INLINE Doubles div(Doubles a, Doubles b) {
  return Doubles(hn::Div(a.v, b.v));
}
static HWY_INLINE Doubles sqrt(Doubles a) {
  return Doubles(hn::Sqrt(a.v));
}
static HWY_INLINE Doubles fma(Doubles a, Doubles b, Doubles c) {
  return Doubles(hn::MulAdd(a.v, b.v, c.v));
}
static HWY_INLINE Doubles fma(Negated a, Doubles b, Doubles c) {
  return Doubles(hn::NegMulAdd(a.x.v, b.v, c.v));
}
static HWY_INLINE Negated negate(Doubles x) {
  return {x};
}
static HWY_INLINE Doubles magnitude(Doubles x) {
  return Doubles(hn::Abs(x.v));
}

static HWY_INLINE Mask operator<(Doubles a, Doubles b) {
  return {hn::Lt(a.v, b.v)};
}
static HWY_INLINE Mask operator>(Doubles a, Doubles b) {
  return {hn::Gt(a.v, b.v)};
}
static HWY_INLINE Mask operator>=(Doubles a, Doubles b) {
  return {hn::Ge(a.v, b.v)};
}
static HWY_INLINE Mask operator==(Doubles a, Doubles b) {
  return {hn::Eq(a.v, b.v)};
}
/// IEEE's: true for NaN, which hn::Ne on x86 is not.
static HWY_INLINE Mask operator!=(Doubles a, Doubles b) {
  return {hn::Not(hn::Eq(a.v, b.v))};
}
static HWY_INLINE Mask is_nan(Doubles x) {
  return {hn::IsNaN(x.v)};
}
static HWY_INLINE Mask either(Mask a, Mask b) {
  return {hn::Or(a.m, b.m)};
}
static HWY_INLINE Doubles select(Mask condition, Doubles yes, Doubles no) {
  return Doubles(hn::IfThenElse(condition.m, yes.v, no.v));
}
static HWY_INLINE Mask both(Mask a, Mask b) {
  return {hn::And(a.m, b.m)};
}
static HWY_INLINE bool none(Mask mask) {
  return hn::AllFalse(kDoubles, mask.m);
}
static HWY_INLINE bool all(Mask mask) {
  return hn::AllTrue(kDoubles, mask.m);
}

static HWY_INLINE Bits bits_of(Doubles x) {
  return {hn::BitCast(kBits, x.v)};
}
static HWY_INLINE Doubles double_of(Bits b) {
  return Doubles(hn::BitCast(kDoubles, b.v));
}
static HWY_INLINE Bits operator+(Bits a, std::uint64_t b) {
  return {hn::Add(a.v, hn::Set(kBits, b))};
}
static HWY_INLINE Bits operator-(Bits a, std::uint64_t b) {
  return {hn::Sub(a.v, hn::Set(kBits, b))};
}
static HWY_INLINE Bits operator-(Bits a, Bits b) {
  return {hn::Sub(a.v, b.v)};
}
/// a >= b as numbers without sign.
static HWY_INLINE Mask at_least(Bits a, std::uint64_t b) {
  return {hn::RebindMask(kDoubles, hn::Not(hn::Lt(a.v, hn::Set(kBits, b))))};
}
static HWY_INLINE Bits operator<<(Bits a, int n) {
  return {hn::ShiftLeftSame(a.v, n)};
}
static HWY_INLINE Bits operator>>(Bits a, int n) {
  return {hn::ShiftRightSame(a.v, n)};
}

static HWY_INLINE Floats narrow(Doubles x) {
  return {hn::DemoteTo(kFloats, x.v)};
}
static HWY_INLINE Doubles widen(Floats x) {
  return Doubles(hn::PromoteTo(kDoubles, x.v));
}
static HWY_INLINE Doubles canonical(Doubles x) {
  return select(is_nan(x), arith::double_of(0x7ff8000000000000ULL), x);
}
static HWY_INLINE Floats canonical(Floats x) {
  return {hn::IfThenElse(hn::IsNaN(x.v), hn::Set(kFloats, arith::float_of(0x7fc00000U)), x.v)};
}

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
