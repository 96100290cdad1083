#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore {

/// One fitted value as scikit-learn holds it: None, an array or a scalar (empty shape) of numbers, booleans
/// or strings. Owns its elements; plain data.
struct Array {
  enum class Kind : std::uint8_t { none, number, boolean, string };

  Kind kind = Kind::none;
  ElementType type = ElementType::f64;  ///< of numbers; booleans are u8
  /// NumPy's name of the saved type ("float64", "<U7", "object", "bool"), or "int", "float" for a
  /// Python scalar.
  std::string dtype;
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> data;       ///< numbers and booleans: C order, native byte order
  std::vector<std::string> strings;  ///< strings: UTF-8, C order

  /// Number of elements; 1 for a scalar.
  std::uint64_t size() const {
    std::uint64_t n = 1;
    for (const std::uint64_t extent : shape) n *= extent;
    return n;
  }

  bool operator==(const Array&) const = default;
};

/// The elements as f64: exact for floats and integers up to 2^53, nearest beyond. Only for numbers and
/// booleans.
std::vector<double> to_f64(const Array& array);

/// The elements as integers, u64 by their bits. Only for integers and booleans.
std::vector<std::int64_t> to_i64(const Array& array);

/// An f64 array of rank 1.
Array make_array(const std::vector<double>& values);

}  // namespace evenscore
