// Elements of rows as doubles, each type widened as it is loaded. Included once per instruction set.
#pragma once

#include <cstring>

#include "engine/cpu/vector-inl.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/score.h"

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

using arith::kLanes;

/// Vectors that hold the eight lanes of a score.
constexpr int kRegisters = kLanes / kWidth;

/// kWidth elements, which need not be aligned.
template <ElementType type>
static HWY_INLINE Doubles load_elements(const std::byte* address) {
  using Storage = typename arith::StorageOf<type>::Type;
  if constexpr (type == ElementType::f16) {
    const hn::Rebind<hwy::float16_t, DoubleTag> halves;
    const auto raw = hn::LoadU(halves, reinterpret_cast<const hwy::float16_t*>(address));
    return Doubles(hn::PromoteTo(kDoubles, hn::PromoteTo(kFloats, raw)));
  } else {
    const hn::Rebind<Storage, DoubleTag> tag;
    const auto raw = hn::LoadU(tag, reinterpret_cast<const Storage*>(address));
    if constexpr (type == ElementType::f64) {
      return Doubles(raw);
    } else if constexpr (type == ElementType::f32 || type == ElementType::i32) {
      return Doubles(hn::PromoteTo(kDoubles, raw));
    } else if constexpr (type == ElementType::i64 || type == ElementType::u64) {
      return Doubles(hn::ConvertTo(kDoubles, raw));
    } else if constexpr (type == ElementType::u32) {
      // In the low bits of 2^52 it is the number 2^52 + value.
      const auto wide = hn::Or(hn::PromoteTo(kBits, raw), hn::Set(kBits, 0x4330000000000000ULL));
      return sub(double_of(Bits{wide}), 0x1p52);
    } else {
      const hn::Rebind<std::int32_t, DoubleTag> integers;
      return Doubles(hn::PromoteTo(kDoubles, hn::PromoteTo(integers, raw)));
    }
  }
}

/// The first n < 8 of the eight lanes; the others become +0.
class Tail {
 public:
  HWY_INLINE explicit Tail(std::int64_t n) : n_(static_cast<std::size_t>(n)) {
    for (int j = 0; j < kRegisters; ++j) {
      const std::int64_t here = n - j * kWidth;
      present_[j] = Doubles(static_cast<double>(here)) > Doubles(hn::Iota(kDoubles, 0.0));
    }
  }

  /// Register j of a row's last lanes, which begin at `address`. Reads on behind them, eight elements in all,
  /// where `readable` says that the memory is there.
  template <ElementType type>
  HWY_INLINE Doubles load(const std::byte* address, int j, bool readable) const {
    constexpr std::size_t kSize = sizeof(typename arith::StorageOf<type>::Type);
    if (HWY_UNLIKELY(!readable)) {
      alignas(64) std::byte copy[kLanes * kSize] = {};
      std::memcpy(copy, address, n_ * kSize);
      return load_elements<type>(copy + static_cast<std::size_t>(j * kWidth) * kSize);
    }
    const Doubles x = load_elements<type>(address + static_cast<std::size_t>(j * kWidth) * kSize);
    return select(present_[j], x, 0.0);
  }

 private:
  std::size_t n_;
  Mask present_[kRegisters];
};

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
