#pragma once

#include "evenscore/arith/ops.h"
#include "evenscore/element_type.h"

/// Input elements as f64 (docs/arithmetic.md, section 2): floats exactly, integers to nearest.
namespace evenscore::arith {

template <ElementType type>
struct StorageOf;
template <>
struct StorageOf<ElementType::f16> {
  using Type = std::uint16_t;
};
template <>
struct StorageOf<ElementType::f32> {
  using Type = float;
};
template <>
struct StorageOf<ElementType::f64> {
  using Type = double;
};
template <>
struct StorageOf<ElementType::i8> {
  using Type = std::int8_t;
};
template <>
struct StorageOf<ElementType::i16> {
  using Type = std::int16_t;
};
template <>
struct StorageOf<ElementType::i32> {
  using Type = std::int32_t;
};
template <>
struct StorageOf<ElementType::i64> {
  using Type = std::int64_t;
};
template <>
struct StorageOf<ElementType::u8> {
  using Type = std::uint8_t;
};
template <>
struct StorageOf<ElementType::u16> {
  using Type = std::uint16_t;
};
template <>
struct StorageOf<ElementType::u32> {
  using Type = std::uint32_t;
};
template <>
struct StorageOf<ElementType::u64> {
  using Type = std::uint64_t;
};

/// The element at `address`, which need not be aligned.
template <ElementType type>
EVENSCORE_HD double load_element(const std::byte* address) {
  typename StorageOf<type>::Type value;
  memcpy(&value, address, sizeof value);
  if constexpr (type == ElementType::f16) {
    return widen_half(value);
  } else {
    return static_cast<double>(value);
  }
}

/// The same, the type chosen at run time.
EVENSCORE_HD double load_element(ElementType type, const std::byte* address) {
  switch (type) {
    case ElementType::f16:
      return load_element<ElementType::f16>(address);
    case ElementType::f32:
      return load_element<ElementType::f32>(address);
    case ElementType::f64:
      return load_element<ElementType::f64>(address);
    case ElementType::i8:
      return load_element<ElementType::i8>(address);
    case ElementType::i16:
      return load_element<ElementType::i16>(address);
    case ElementType::i32:
      return load_element<ElementType::i32>(address);
    case ElementType::i64:
      return load_element<ElementType::i64>(address);
    case ElementType::u8:
      return load_element<ElementType::u8>(address);
    case ElementType::u16:
      return load_element<ElementType::u16>(address);
    case ElementType::u32:
      return load_element<ElementType::u32>(address);
    default:
      return load_element<ElementType::u64>(address);
  }
}

}  // namespace evenscore::arith
