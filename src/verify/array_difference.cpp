#include "verify/array_difference.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "base/grouped_digits.h"
#include "verify/ulp.h"

namespace evenscore::verifier {
namespace {

std::string shape_text(const Array& array) {
  if (array.kind == Array::Kind::none) return "None";
  std::string text = array.dtype + " (";
  for (std::size_t i = 0; i < array.shape.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", array.shape[i]);
  return text + ")";
}

std::string index_text(const Array& array, std::uint64_t element) {
  std::string text;
  for (std::size_t i = array.shape.size(); i-- > 0;) {
    text = fmt::format("{}{}{}", element % array.shape[i], text.empty() ? "" : ", ", text);
    element /= array.shape[i];
  }
  return fmt::format("[{}]", text);
}

/// One element as an array of its own, so that the conversions of Array read it.
Array element_of(const Array& array, std::uint64_t i) {
  Array one = array;
  one.shape.clear();
  const std::size_t size = element_size(array.type);
  const auto* begin = array.data.data() + i * size;
  one.data.assign(begin, begin + size);
  return one;
}

template <class T>
T value_of(const Array& array, std::uint64_t i) {
  T value;
  std::memcpy(&value, array.data.data() + i * sizeof value, sizeof value);
  return value;
}

template <class Float, class Bits>
void describe_floats(const Array& a, const Array& b, std::uint64_t i, int mantissa_bits,
                     ElementDifference& found) {
  const auto x = value_of<Float>(a, i);
  const auto y = value_of<Float>(b, i);
  const auto x_bits = std::bit_cast<Bits>(x);
  const auto y_bits = std::bit_cast<Bits>(y);
  found.a_value = fmt::format("{}", x);
  found.b_value = fmt::format("{}", y);
  found.a_bits = fmt::format("0x{:0{}x}", x_bits, 2 * sizeof x);
  found.b_bits = fmt::format("0x{:0{}x}", y_bits, 2 * sizeof x);
  if (!std::isnan(x) && !std::isnan(y)) found.ulp = ulp_distance(x, y);
  const Bits flipped = x_bits ^ y_bits;
  if (std::popcount(flipped) != 1) return;
  const int bit = std::countr_zero(flipped);
  found.flipped_bit = bit < mantissa_bits                               ? "of the mantissa"
                      : bit == static_cast<int>(8 * sizeof flipped) - 1 ? "the sign"
                                                                        : "of the exponent";
}

ElementDifference describe(const Array& a, const Array& b, std::uint64_t i) {
  ElementDifference found;
  found.index = index_text(a, i);
  if (a.kind == Array::Kind::string) {
    found.a_value = a.strings[i];
    found.b_value = b.strings[i];
  } else if (a.type == ElementType::f64) {
    describe_floats<double, std::uint64_t>(a, b, i, 52, found);
  } else if (a.type == ElementType::f32) {
    describe_floats<float, std::uint32_t>(a, b, i, 23, found);
  } else if (is_floating(a.type)) {
    found.a_value = fmt::format("{}", to_f64(element_of(a, i))[0]);
    found.b_value = fmt::format("{}", to_f64(element_of(b, i))[0]);
  } else {
    found.a_value = fmt::format("{}", to_i64(element_of(a, i))[0]);
    found.b_value = fmt::format("{}", to_i64(element_of(b, i))[0]);
  }
  return found;
}

bool differs(const Array& a, const Array& b, std::uint64_t i) {
  if (a.kind == Array::Kind::string) return a.strings[i] != b.strings[i];
  const std::size_t size = element_size(a.type);
  return std::memcmp(a.data.data() + i * size, b.data.data() + i * size, size) != 0;
}

}  // namespace

std::optional<ModelDifference> array_difference(const std::string& path, const Array& a, const Array& b) {
  if (a == b) return std::nullopt;
  ModelDifference difference{path, {}, true, 0, {}};
  if (a.kind != b.kind || a.type != b.type || a.shape != b.shape || a.dtype != b.dtype) {
    difference.what = fmt::format("{} became {}", shape_text(a), shape_text(b));
    return difference;
  }
  for (std::uint64_t i = 0; i < a.size(); ++i) {
    if (!differs(a, b, i)) continue;
    ++difference.elements;
    if (difference.first_elements.size() < ModelDifference::kElementsShown)
      difference.first_elements.push_back(describe(a, b, i));
  }
  difference.what = fmt::format("{} of {} values {}", grouped(difference.elements), grouped(a.size()),
                                difference.elements == 1 ? "differs" : "differ");
  return difference;
}

}  // namespace evenscore::verifier
