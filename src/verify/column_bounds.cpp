#include "verify/column_bounds.h"

#include <algorithm>

#include "evenscore/arith/column.h"

namespace evenscore::verifier {
namespace {

/// Of a value and its error: covers the rounding of both where an interval is made of them.
constexpr double kSlack = 0x1p-44;

bool is_exact_in(const FloatFormat& format, double x) {
  if (x == 0.0) return true;
  int exponent = 0;
  const double digits = std::frexp(x, &exponent) / format.unit;
  return representable(x, format) && digits == std::floor(digits);
}

/// Addition too, of a negated parameter: both round once, and x - p is x + (-p).
void subtract(const Stage& stage, const double* parameter, const FloatFormat& format, BoundedTile& tile) {
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double p = stage.kind == StageKind::add ? -parameter[i] : parameter[i];
    const double narrow = narrowed(p, format);
    const bool fits = std::fabs(p) <= kHeadroom * format.largest;
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      v[row] = arith::sub(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] += kBinary64.unit * size;
      theirs[row] = (theirs[row] + narrow) * (1.0 + r) + r * (size + ours[row]) + format.tiny;
      lose(tile.lost_p64, row, size > kHeadroom * kBinary64.largest);
      lose(tile.lost_other, row, !fits || size + theirs[row] > kHeadroom * format.largest);
    }
  }
}

void divide(const Stage& stage, const double* parameter, const FloatFormat& format, BoundedTile& tile) {
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double p = parameter[i];
    const double size_p = std::fabs(p);
    const bool fits = !is_narrow(format) || representable(p, format);
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      v[row] = arith::div(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] = ours[row] / size_p + kBinary64.unit * size + kBinary64.tiny;
      theirs[row] = theirs[row] / size_p * (1.0 + 4.0 * r) + 2.5 * r * (size + ours[row]) + format.tiny;
      lose(tile.lost_p64, row, size > kHeadroom * kBinary64.largest);
      lose(tile.lost_other, row, !fits || size + theirs[row] > kHeadroom * format.largest);
    }
  }
}

void multiply(const Stage& stage, const double* parameter, const FloatFormat& format, BoundedTile& tile) {
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double p = parameter[i];
    const double size_p = std::fabs(p);
    const double narrow = narrowed(p, format);
    const bool fits = size_p <= kHeadroom * format.largest;
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double by_parameter = narrow * (std::fabs(v[row]) + ours[row] + theirs[row]);
      v[row] = arith::mul(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] = ours[row] * size_p + kBinary64.unit * size + kBinary64.tiny;
      theirs[row] = (theirs[row] * size_p + by_parameter) * (1.0 + r) + r * (size + ours[row]) + format.tiny;
      lose(tile.lost_p64, row, size > kHeadroom * kBinary64.largest);
      lose(tile.lost_other, row, !fits || size + theirs[row] > kHeadroom * format.largest);
    }
  }
}

/// Clipping rounds nothing and is monotone: an interval that holds a value becomes one that holds the clipped
/// value, no wider, and narrower where a bound cuts it.
void clip(const Stage& stage, const double* parameter, const FloatFormat& format, BoundedTile& tile) {
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double low = parameter[i];
    const double high = parameter[stage.n_in + i];
    const double narrow = narrowed(std::max(std::fabs(low), std::fabs(high)), format);
    const auto clipped = [&](double x) { return arith::at_most(arith::at_least(x, low), high); };
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const auto width_around = [&](double error) {
        const double reach = error + kSlack * (error + std::fabs(v[row]));
        return clipped(v[row] + reach) - clipped(v[row] - reach);
      };
      const double mine = width_around(2.0 * ours[row]);
      const double both = width_around(ours[row] + theirs[row]);
      const double reach = (ours[row] + theirs[row] + narrow) * (1.0 + kSlack);
      const bool inside = v[row] - reach > low && v[row] + reach < high;
      lose(tile.lost_p64, row, std::fabs(v[row]) > kBinary64.largest);
      ours[row] = std::min(ours[row], mine);
      theirs[row] = inside ? theirs[row] : std::min(theirs[row], both) + narrow;
      v[row] = clipped(v[row]);
    }
  }
}

/// A value whose interval holds the threshold may become either 0 or 1.
void binarize(const Stage& stage, const double* parameter, const FloatFormat& format, BoundedTile& tile) {
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double threshold = parameter[i];
    const double rounded = is_exact_in(format, threshold) ? 0.0 : narrowed(threshold, format);
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double distance = std::fabs(v[row] - threshold);
      const double mine = 2.0 * ours[row];
      const double both = ours[row] + theirs[row] + rounded;
      ours[row] = mine > 0.0 && distance <= mine * (1.0 + kSlack) ? 1.0 : 0.0;
      theirs[row] = both > 0.0 && distance <= both * (1.0 + kSlack) ? 1.0 : 0.0;
      v[row] = arith::is_nan(v[row]) ? v[row] : v[row] > threshold ? 1.0 : 0.0;
    }
  }
}

/// A value whose interval holds the number that stands for a missing one may be replaced or not.
void replace_missing(const Stage& stage, const double* parameter, const FloatFormat& format,
                     BoundedTile& tile) {
  const double missing = parameter[2 * stage.n_in];
  const double rounded = is_exact_in(format, missing) ? 0.0 : narrowed(missing, format);
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double replacement = parameter[i];
    const bool keeps = parameter[stage.n_in + i] != 0.0;
    const bool fits = std::fabs(replacement) <= kHeadroom * format.largest;
    const double narrow = narrowed(replacement, format);
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const bool nan = arith::is_nan(v[row]);
      const bool replaced = arith::is_nan(missing) ? nan : v[row] == missing;
      const double distance = std::fabs(v[row] - missing);
      const double mine = 2.0 * ours[row];
      const double both = ours[row] + theirs[row] + rounded;
      const bool mine_open = mine > 0.0 && distance <= mine * (1.0 + kSlack);
      const bool theirs_open = both > 0.0 && distance <= both * (1.0 + kSlack);
      const double kept = keeps ? v[row] : 0.0;
      const double either = std::fabs(replacement - kept) * (1.0 + kSlack);
      const double kept_ours = keeps ? ours[row] : 0.0;
      const double kept_theirs = keeps ? theirs[row] : 0.0;
      lose(tile.lost_other, row, (replaced || theirs_open) && !fits);
      ours[row] = mine_open ? either + kept_ours : replaced ? 0.0 : kept_ours;
      theirs[row] = mine_open || theirs_open ? either + kept_ours + kept_theirs + narrow
                    : replaced               ? narrow
                                             : kept_theirs;
      v[row] = replaced ? replacement : kept;
    }
  }
}

/// Columns as the Program defines them, with its roundings to f32: no other computation of them is allowed
/// for.
void take_as_defined(const Stage& stage, const double* parameter, BoundedTile& tile) {
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    double* v = tile.value(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      lose(tile.lost_p64, row, arith::is_infinite(v[row]));
      v[row] = arith::apply_column_stage(stage, parameter, i, v[row]);
      lose(tile.lost_p64, row, arith::is_infinite(v[row]));
    }
  }
}

}  // namespace

void round_to_f32(BoundedTile& tile) {
  for (std::int64_t i = 0; i < tile.n_columns; ++i) {
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      v[row] = arith::widen(arith::narrow(v[row]));
      const double size = std::fabs(v[row]) + ours[row] + theirs[row];
      const double rounding = 4.0 * (kBinary32.unit * size + kBinary32.tiny);
      ours[row] += rounding;
      theirs[row] += rounding;
      lose(tile.lost_p64, row, size > kHeadroom * kBinary32.largest);
    }
  }
}

void bound_column_stage(const Stage& stage, const double* p, const FloatFormat& format, BoundedTile& tile) {
  if (stage.rounding == StageRounding::f32 && tile.exact) return take_as_defined(stage, p, tile);
  tile.fill_errors();
  switch (stage.kind) {
    case StageKind::subtract:
    case StageKind::add:
      subtract(stage, p, format, tile);
      break;
    case StageKind::divide:
      divide(stage, p, format, tile);
      break;
    case StageKind::multiply:
      multiply(stage, p, format, tile);
      break;
    case StageKind::binarize:
      binarize(stage, p, format, tile);
      break;
    case StageKind::replace_missing:
      replace_missing(stage, p, format, tile);
      break;
    default:
      clip(stage, p, format, tile);
  }
  if (stage.rounding == StageRounding::f32) round_to_f32(tile);
}

}  // namespace evenscore::verifier
