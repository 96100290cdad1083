#include "verify/score_bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/error.h"

namespace evenscore::verifier {
namespace {

constexpr std::int64_t kTileRows = 64;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kHeadroom =
    0.99;  ///< of a format's largest number: covers the error of what is compared with it
/// Of a value and its error: covers the rounding of both where an interval is made of them.
constexpr double kSlack = 0x1p-44;

double gamma(double n, const FloatFormat& format) {
  const double nu = n * format.unit;
  return nu < 0.5 ? nu / (1.0 - nu) : kInfinity;
}

bool is_narrow(const FloatFormat& format) {
  return format.unit > kBinary64.unit;
}

/// Whether rounding a parameter to the format costs a relative error of one unit at most.
bool representable(double parameter, const FloatFormat& format) {
  const double size = std::fabs(parameter);
  return size <= kHeadroom * format.largest && (size == 0.0 || size >= format.smallest);
}

template <ElementType type>
void load_tile(const RowsView& rows, std::int64_t first, std::int64_t n, double* values) {
  for (std::int64_t r = 0; r < n; ++r) {
    const std::byte* row = rows.data + (first + r) * rows.row_stride;
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      values[i * kTileRows + r] = arith::load_element<type>(row + i * rows.column_stride);
    }
  }
}

}  // namespace

/// Column-major values of kTileRows rows, and |computed - exact| of each for the two ways of computing.
struct ScoreBounds::Tile {
  std::vector<double> value, error_p64, error_other;
};

ScoreBounds::ScoreBounds(const Program& program, const OtherSoftware& other)
    : program_(program), other_(other) {
  const auto is_linear = [](const Stage& stage) {
    return stage.kind == StageKind::affine || stage.kind == StageKind::affine_centered;
  };
  const std::vector<Stage>& stages = program_.stages;
  const bool known = std::all_of(stages.begin(), stages.end(), [&](const Stage& stage) {
    return is_linear(stage) || arith::is_fusible_column_stage(stage.kind);
  });
  if (!known || stages.empty() || std::count_if(stages.begin(), stages.end(), is_linear) != 1 ||
      !is_linear(stages.back())) {
    throw Error(ErrorCode::unsupported, "no rounding bound is known for this program", {},
                "compare bitwise or with a tolerance");
  }
  const Stage& linear = stages.back();
  const double* constants = program_.constants.data();
  const auto f = static_cast<std::size_t>(linear.n_in);
  const auto k = static_cast<std::size_t>(linear.n_out);
  has_columns_ =
      stages.size() > 1 || (linear.kind == StageKind::affine_centered && is_narrow(other_.columns));
  weights_.assign(constants + linear.weight, constants + linear.weight + k * f);
  intercept_.assign(constants + linear.intercept, constants + linear.intercept + k);
  for (double& w : weights_) w = std::fabs(w);
  for (double& b : intercept_) b = std::fabs(b);
  std::vector<double> coefficients = other_.coefficients;
  if (coefficients.size() != weights_.size()) coefficients = weights_;

  std::vector<double> scale(f, 0.0);
  for (std::size_t j = 0; j < k; ++j) {
    double sum_folded = 0.0;
    double sum_unfolded = 0.0;
    for (std::size_t i = 0; i < f; ++i) {
      const double w = weights_[j * f + i];
      sum_folded += w;
      sum_unfolded += std::fabs(coefficients[j * f + i]);
      if (w > 0.0) scale[i] = std::max(scale[i], std::fabs(coefficients[j * f + i]) / w);
    }
    const double operations = static_cast<double>(f) + 8.0;
    underflow_p64_.push_back(kBinary64.tiny * (2.0 * operations));
    underflow_other_.push_back(4.0 * other_.columns.tiny * (sum_folded + sum_unfolded) +
                               4.0 * other_.products.tiny * operations);
  }
  limits_.assign(f, kInfinity);
  if (linear.kind == StageKind::affine_centered) {
    for (std::size_t i = 0; i < f; ++i) {
      const double s = scale[i] == 0.0 ? 1.0 : scale[i];
      const double mu = constants[static_cast<std::size_t>(linear.parameter) + i];
      const bool fits =
          representable(mu, {0, 0, 0, other_.columns.largest}) && representable(s, other_.columns);
      limits_[i] = fits ? kHeadroom * other_.columns.largest * std::min(1.0, s) : -1.0;
    }
  }
}

void ScoreBounds::load(const RowsView& rows, std::int64_t first, std::int64_t n, Tile& tile) const {
  double* values = tile.value.data();
  switch (rows.type) {
    case ElementType::f16:
      return load_tile<ElementType::f16>(rows, first, n, values);
    case ElementType::f32:
      return load_tile<ElementType::f32>(rows, first, n, values);
    case ElementType::f64:
      return load_tile<ElementType::f64>(rows, first, n, values);
    case ElementType::i8:
      return load_tile<ElementType::i8>(rows, first, n, values);
    case ElementType::i16:
      return load_tile<ElementType::i16>(rows, first, n, values);
    case ElementType::i32:
      return load_tile<ElementType::i32>(rows, first, n, values);
    case ElementType::i64:
      return load_tile<ElementType::i64>(rows, first, n, values);
    case ElementType::u8:
      return load_tile<ElementType::u8>(rows, first, n, values);
    case ElementType::u16:
      return load_tile<ElementType::u16>(rows, first, n, values);
    case ElementType::u32:
      return load_tile<ElementType::u32>(rows, first, n, values);
    case ElementType::u64:
      return load_tile<ElementType::u64>(rows, first, n, values);
  }
}

/// Addition too, of a negated parameter: both round once, and x - p is x + (-p).
void ScoreBounds::subtract(const Stage& stage, Tile& tile) const {
  const FloatFormat& format = other_.columns;
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double parameter = program_.constants[static_cast<std::size_t>(stage.parameter + i)];
    const double p = stage.kind == StageKind::add ? -parameter : parameter;
    const double narrowed = is_narrow(format) ? r * std::fabs(p) + format.tiny : 0.0;
    double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
    double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
    double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      v[row] = arith::sub(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] += kBinary64.unit * size;
      theirs[row] = (theirs[row] + narrowed) * (1.0 + r) + r * (size + ours[row]) + format.tiny;
      if (size > kHeadroom * format.largest || std::fabs(p) > kHeadroom * format.largest)
        theirs[row] = kInfinity;
    }
  }
}

void ScoreBounds::divide(const Stage& stage, Tile& tile) const {
  const FloatFormat& format = other_.columns;
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double p = program_.constants[static_cast<std::size_t>(stage.parameter + i)];
    const double size_p = std::fabs(p);
    const bool narrows = !is_narrow(format) || representable(p, format);
    double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
    double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
    double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      v[row] = arith::div(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] = ours[row] / size_p + kBinary64.unit * size + kBinary64.tiny;
      theirs[row] = theirs[row] / size_p * (1.0 + 4.0 * r) + 2.5 * r * (size + ours[row]) + format.tiny;
      if (!narrows || size > kHeadroom * format.largest) theirs[row] = kInfinity;
    }
  }
}

void ScoreBounds::multiply(const Stage& stage, Tile& tile) const {
  const FloatFormat& format = other_.columns;
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double p = program_.constants[static_cast<std::size_t>(stage.parameter + i)];
    const double size_p = std::fabs(p);
    const double narrowed = is_narrow(format) ? r * size_p + format.tiny : 0.0;
    const bool narrows = size_p <= kHeadroom * format.largest;
    double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
    double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
    double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double by_parameter = narrowed * (std::fabs(v[row]) + ours[row] + theirs[row]);
      v[row] = arith::mul(v[row], p);
      const double size = std::fabs(v[row]);
      ours[row] = ours[row] * size_p + kBinary64.unit * size + kBinary64.tiny;
      theirs[row] = (theirs[row] * size_p + by_parameter) * (1.0 + r) + r * (size + ours[row]) + format.tiny;
      if (!narrows || !(size + theirs[row] <= kHeadroom * format.largest)) theirs[row] = kInfinity;
    }
  }
}

/// Clipping rounds nothing and is monotone: an interval that holds a value becomes one that holds the clipped
/// value, no wider, and narrower where a bound cuts it. What may have overflowed stays so: it may be NaN.
void ScoreBounds::clip(const Stage& stage, Tile& tile) const {
  const FloatFormat& format = other_.columns;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double low = program_.constants[static_cast<std::size_t>(stage.parameter + i)];
    const double high = program_.constants[static_cast<std::size_t>(stage.parameter + stage.n_in + i)];
    const double largest = std::max(std::fabs(low), std::fabs(high));
    const double narrowed = is_narrow(format) ? format.unit * largest + format.tiny : 0.0;
    const auto clipped = [&](double x) { return arith::at_most(arith::at_least(x, low), high); };
    double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
    double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
    double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const auto width_around = [&](double error) {
        const double reach = error + kSlack * (error + std::fabs(v[row]));
        return clipped(v[row] + reach) - clipped(v[row] - reach);
      };
      const double mine = width_around(ours[row]);
      const double both = width_around(ours[row] + theirs[row]);
      const bool finite = arith::is_finite(v[row]);
      ours[row] = finite && ours[row] < kInfinity ? std::min(ours[row], mine) : kInfinity;
      theirs[row] = finite && theirs[row] < kInfinity ? std::min(theirs[row], both) + narrowed : kInfinity;
      v[row] = clipped(v[row]);
    }
  }
}

/// Leaves |x - mu|; with formats narrower than f64, their error of (x - mu) / scale in units of x - mu.
void ScoreBounds::centre(const Stage& stage, Tile& tile) const {
  const FloatFormat& format = other_.columns;
  const double r = format.unit;
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    const double mu = program_.constants[static_cast<std::size_t>(stage.parameter + i)];
    const double limit = limits_[static_cast<std::size_t>(i)];
    double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double size = std::fabs(arith::sub(v[row], mu));
      v[row] = size > limit ? kInfinity : size;
    }
    if (!is_narrow(format)) continue;
    const double narrowed = r * std::fabs(mu) + format.tiny;
    const double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
    double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double size = v[row] + ours[row];
      const double centred = (theirs[row] + narrowed) * (1.0 + r) + r * size + format.tiny;
      theirs[row] = centred * (1.0 + 4.0 * r) + 2.5 * r * size;
    }
  }
}

void ScoreBounds::sum(std::int64_t n, Tile& tile, double* p64, double* other) const {
  const Stage& linear = program_.stages.back();
  const std::int64_t f = linear.n_in;
  const double g_p64 = gamma(std::ceil(static_cast<double>(f) / 8.0) + 6.0, kBinary64);
  const double g_other = gamma(static_cast<double>(f) + 4.0, other_.products);
  const double cover = 1.0 + 4.0 * (static_cast<double>(f) + 16.0) * kBinary64.unit;
  for (std::int64_t k = 0; k < linear.n_out; ++k) {
    const auto score = static_cast<std::size_t>(k);
    double size[kTileRows] = {};
    double error_p64[kTileRows] = {};
    double error_other[kTileRows] = {};
    for (std::int64_t i = 0; i < f; ++i) {
      const double w = weights_[static_cast<std::size_t>(k * f + i)];
      const double* v = &tile.value[static_cast<std::size_t>(i * kTileRows)];
      for (std::int64_t row = 0; row < kTileRows; ++row) size[row] += std::fabs(v[row]) * w;
      if (!has_columns_) continue;
      const double* ours = &tile.error_p64[static_cast<std::size_t>(i * kTileRows)];
      const double* theirs = &tile.error_other[static_cast<std::size_t>(i * kTileRows)];
      for (std::int64_t row = 0; row < kTileRows; ++row) {
        error_p64[row] += ours[row] * w;
        error_other[row] += theirs[row] * w;
      }
    }
    for (std::int64_t row = 0; row < n; ++row) {
      const double s = size[row] + error_p64[row] + error_other[row] + intercept_[score];
      const bool fits = s < other_.products.largest / 8.0;
      p64[row * linear.n_out + k] = s < kBinary64.largest / 8.0
                                        ? (g_p64 * s + error_p64[row] * cover + underflow_p64_[score]) * cover
                                        : kInfinity;
      other[row * linear.n_out + k] =
          fits ? (g_other * s + error_other[row] * cover + underflow_other_[score]) * cover : kInfinity;
    }
  }
}

void ScoreBounds::evaluate(const RowsView& rows, double* p64, double* other) const {
  const std::size_t width = static_cast<std::size_t>(rows.columns * kTileRows);
  const std::int64_t n_scores = program_.stages.back().n_out;
  Tile tile;
  tile.value.resize(width);
  for (std::int64_t first = 0; first < rows.count; first += kTileRows) {
    const std::int64_t n = std::min(kTileRows, rows.count - first);
    load(rows, first, n, tile);
    if (has_columns_) {
      tile.error_p64.assign(width, 0.0);
      tile.error_other.assign(width, 0.0);
    }
    for (const Stage& stage : program_.stages) {
      switch (stage.kind) {
        case StageKind::subtract:
        case StageKind::add:
          subtract(stage, tile);
          break;
        case StageKind::divide:
          divide(stage, tile);
          break;
        case StageKind::multiply:
          multiply(stage, tile);
          break;
        case StageKind::clip:
          clip(stage, tile);
          break;
        case StageKind::affine_centered:
          centre(stage, tile);
          break;
        case StageKind::binarize:
        case StageKind::replace_missing:
        case StageKind::reject_not_finite:
        case StageKind::gather:
        case StageKind::products:
        case StageKind::normalize_l1:
        case StageKind::normalize_l2:
        case StageKind::normalize_max:
        case StageKind::reject_infinity:  // an infinite value has an infinite bound already
        case StageKind::affine:
          break;
      }
      if (stage.rounding == StageRounding::f32) {
        for (double& value : tile.value) value = arith::widen(arith::narrow(value));
        std::fill(tile.error_p64.begin(), tile.error_p64.end(), 0.0);
        std::fill(tile.error_other.begin(), tile.error_other.end(), 0.0);
      }
    }
    sum(n, tile, p64 + first * n_scores, other + first * n_scores);
  }
}

}  // namespace evenscore::verifier
