#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "verify/other_software.h"

namespace evenscore::verifier {

constexpr std::int64_t kTileRows = 64;

/// Of a format's largest number: covers the error of what is compared with it.
constexpr double kHeadroom = 0.99;

inline double gamma(double n, const FloatFormat& format) {
  const double nu = n * format.unit;
  return nu < 0.5 ? nu / (1.0 - nu) : std::numeric_limits<double>::infinity();
}

/// Whether rounding a parameter to the format costs a relative error of one unit at most.
inline bool representable(double parameter, const FloatFormat& format) {
  const double size = std::fabs(parameter);
  return size <= kHeadroom * format.largest && (size == 0.0 || size >= format.smallest);
}

/// The largest error of a parameter that the other software rounds to its format.
inline double narrowed(double parameter, const FloatFormat& format) {
  return is_narrow(format) ? format.unit * std::fabs(parameter) + format.tiny : 0.0;
}

/// Of each row: 0, or Inf where no bound holds any more.
using LostRows = std::array<double, kTileRows>;

inline void lose(LostRows& lost, std::int64_t row, bool condition) {
  double& state = lost[static_cast<std::size_t>(row)];
  state = condition ? std::numeric_limits<double>::infinity() : state;
}

/// Values of kTileRows rows between two stages, column by column, and what is known of them. `value` is
/// within `error_p64` of the exact value, and so is what P64-v1 computes; what other software computes is
/// within `error_other` of the exact one. NaN is a NaN that every computation has.
struct BoundedColumns {
  std::vector<double> value, error_p64, error_other;

  void resize(std::int64_t n_columns) {
    const auto n = static_cast<std::size_t>(n_columns * kTileRows);
    value.resize(n);
    error_p64.resize(n);
    error_other.resize(n);
  }
};

struct BoundedTile {
  BoundedColumns now, next;  ///< `next` is room for a stage that makes new columns
  std::int64_t n_columns = 0;
  bool exact = true;  ///< all errors are 0, and not filled in
  LostRows lost_p64{}, lost_other{};

  double* value(std::int64_t i) { return &now.value[static_cast<std::size_t>(i * kTileRows)]; }
  double* error_p64(std::int64_t i) { return &now.error_p64[static_cast<std::size_t>(i * kTileRows)]; }
  double* error_other(std::int64_t i) { return &now.error_other[static_cast<std::size_t>(i * kTileRows)]; }

  /// Before the first stage that has errors.
  void fill_errors() {
    if (!exact) return;
    exact = false;
    const auto n = static_cast<std::size_t>(n_columns * kTileRows);
    now.error_p64.assign(n, 0.0);
    now.error_other.assign(n, 0.0);
  }

  /// `next` holds the columns now.
  void take_next(std::int64_t columns) {
    std::swap(now, next);
    n_columns = columns;
  }
};

}  // namespace evenscore::verifier
