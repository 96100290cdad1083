#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

namespace evenscore::verifier {

/// Floats in order as integers: bits i < 0 become INT_MIN - i, so that neighbours differ by 1 and +0 and -0
/// by 0 (docs/arithmetic.md, section 4).
inline std::int64_t ordered(double x) {
  std::int64_t i;
  std::memcpy(&i, &x, sizeof i);
  return i < 0 ? std::numeric_limits<std::int64_t>::min() - i : i;
}
inline std::int64_t ordered(float x) {
  std::int32_t i;
  std::memcpy(&i, &x, sizeof i);
  return i < 0 ? std::int64_t{std::numeric_limits<std::int32_t>::min()} - i : i;
}

/// Representable numbers from one to the other; neither is NaN.
template <class T>
std::uint64_t ulp_distance(T a, T b) {
  const std::int64_t i = ordered(a);
  const std::int64_t j = ordered(b);
  return i < j ? static_cast<std::uint64_t>(j) - static_cast<std::uint64_t>(i)
               : static_cast<std::uint64_t>(i) - static_cast<std::uint64_t>(j);
}

}  // namespace evenscore::verifier
