#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace evenscore {

/// The numeric types that rows, fitted arrays and outputs are made of; native byte order.
enum class ElementType : std::uint8_t { f16, f32, f64, i8, i16, i32, i64, u8, u16, u32, u64 };

/// Bytes of one element.
constexpr std::size_t element_size(ElementType type) {
  switch (type) {
    case ElementType::i8:
    case ElementType::u8:
      return 1;
    case ElementType::f16:
    case ElementType::i16:
    case ElementType::u16:
      return 2;
    case ElementType::f32:
    case ElementType::i32:
    case ElementType::u32:
      return 4;
    default:
      return 8;
  }
}

constexpr bool is_floating(ElementType type) {
  return type <= ElementType::f64;
}
constexpr bool is_signed_integer(ElementType type) {
  return type >= ElementType::i8 && type <= ElementType::i64;
}

/// NumPy's name: "float32", "int64", "uint8" ...
constexpr std::string_view element_name(ElementType type) {
  constexpr std::string_view kNames[] = {"float16", "float32", "float64", "int8",   "int16", "int32",
                                         "int64",   "uint8",   "uint16",  "uint32", "uint64"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace evenscore
