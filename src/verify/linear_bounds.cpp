#include "verify/linear_bounds.h"

#include <algorithm>

#include "evenscore/arith/ops.h"
#include "evenscore/arith/score.h"

namespace evenscore::verifier {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

/// Of one score, row by row.
struct LinearBounds::Sums {
  double value[kTileRows], error_p64[kTileRows], error_other[kTileRows];
};

LinearBounds::LinearBounds(const Stage& stage, const double* constants, const FloatFormat& columns,
                           const Projection& projection)
    : stage_(stage),
      columns_(projection.own_centre ? projection.products : columns),
      products_(projection.products),
      centre_(projection.centre.unit > projection.products.unit ? projection.centre : projection.products),
      own_centre_(projection.own_centre && stage.kind == StageKind::affine_centered) {
  const auto f = static_cast<std::size_t>(stage.n_in);
  const auto k = static_cast<std::size_t>(stage.n_out);
  weights_.assign(constants + stage.weight, constants + stage.weight + k * f);
  intercept_.assign(constants + stage.intercept, constants + stage.intercept + k);
  if (stage.kind == StageKind::affine_centered)
    mu_.assign(constants + stage.parameter, constants + stage.parameter + f);
  const std::vector<double>& coefficients =
      projection.coefficients.size() == weights_.size() ? projection.coefficients : weights_;

  std::vector<double> scale(f, 0.0);
  for (std::size_t j = 0; j < k; ++j) {
    double sum_folded = 0.0;
    double sum_unfolded = 0.0;
    for (std::size_t i = 0; i < f; ++i) {
      const double w = std::fabs(weights_[j * f + i]);
      sum_folded += w;
      sum_unfolded += std::fabs(coefficients[j * f + i]);
      if (w > 0.0) scale[i] = std::max(scale[i], std::fabs(coefficients[j * f + i]) / w);
    }
    const double operations = static_cast<double>(f) + 8.0;
    underflow_p64_.push_back(kBinary64.tiny * (2.0 * operations));
    underflow_other_.push_back(4.0 * columns_.tiny * (sum_folded + sum_unfolded) +
                               4.0 * products_.tiny * operations);
  }
  limits_.assign(f, kInfinity);
  for (std::size_t i = 0; i < mu_.size(); ++i) {
    const double s = scale[i] == 0.0 ? 1.0 : scale[i];
    const bool fits = std::fabs(mu_[i]) <= kHeadroom * columns_.largest && representable(s, columns_);
    limits_[i] = fits ? kHeadroom * columns_.largest * std::min(1.0, s) : -1.0;
  }
}

/// Leaves x - mu; with formats narrower than f64, their error of (x - mu) / scale in units of x - mu.
void LinearBounds::centre(BoundedTile& tile) const {
  const double r = columns_.unit;
  if (is_narrow(columns_)) tile.fill_errors();
  for (std::int64_t i = 0; i < stage_.n_in; ++i) {
    const double mu = mu_[static_cast<std::size_t>(i)];
    const double limit = limits_[static_cast<std::size_t>(i)];
    double* v = tile.value(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double centred = arith::sub(v[row], mu);
      v[row] = std::fabs(centred) > limit ? kInfinity : centred;
    }
    if (!is_narrow(columns_)) continue;
    const double narrow = narrowed(mu, columns_);
    const double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double size = std::fabs(v[row]) + ours[row];
      const double centred = (theirs[row] + narrow) * (1.0 + r) + r * size + columns_.tiny;
      theirs[row] = centred * (1.0 + 4.0 * r) + 2.5 * r * size;
      lose(tile.lost_other, row, size + theirs[row] > limit);
    }
  }
}

void LinearBounds::add_up(std::int64_t score, bool with_value, BoundedTile& tile, Sums& sums) const {
  const std::int64_t f = stage_.n_in;
  const auto k = static_cast<std::size_t>(score);
  const double* weights = &weights_[k * static_cast<std::size_t>(f)];
  double lanes[arith::kLanes][kTileRows] = {};
  double size[kTileRows] = {};
  double error_p64[kTileRows] = {};
  double error_other[kTileRows] = {};
  double centre_size = 0.0;  ///< sum |mu w|
  for (std::int64_t i = 0; i < f; ++i) {
    const double w = weights[i];
    const double size_w = std::fabs(w);
    const double* v = tile.value(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) size[row] += std::fabs(v[row]) * size_w;
    if (with_value) {
      double* lane = lanes[i % arith::kLanes];
      for (std::int64_t row = 0; row < kTileRows; ++row) lane[row] += v[row] * w;
    }
    if (own_centre_) centre_size += std::fabs(mu_[static_cast<std::size_t>(i)]) * size_w;
    if (tile.exact) continue;
    const double* ours = tile.error_p64(i);
    const double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      error_p64[row] += ours[row] * size_w;
      error_other[row] += theirs[row] * size_w;
    }
  }
  const auto n = static_cast<double>(f);
  const double g_p64 = gamma(std::ceil(n / 8.0) + 6.0, kBinary64);
  const double g_other = gamma(n + 4.0, products_);
  const double centre_error =
      gamma(n + 4.0, centre_) * centre_size + (own_centre_ ? 4.0 * (n + 8.0) * centre_.tiny : 0.0);
  const double cover = 1.0 + 4.0 * (n + 16.0) * kBinary64.unit;
  const double b = intercept_[k];
  for (std::int64_t row = 0; row < kTileRows; ++row) {
    const double s = size[row] + error_p64[row] + std::fabs(b);
    // x . w and mu . w by themselves: |x| <= |x - mu| + |mu|.
    const double s_other = s + error_other[row] + centre_size;
    const bool fits = s < kBinary64.largest / 8.0;
    const bool fits_other = s_other < products_.largest / 8.0 && centre_size < centre_.largest / 8.0;
    sums.error_p64[row] = fits ? (g_p64 * s + error_p64[row] * cover + underflow_p64_[k]) * cover : kInfinity;
    sums.error_other[row] =
        fits_other
            ? (g_other * s_other + error_other[row] * cover + centre_error + underflow_other_[k]) * cover
            : kInfinity;
  }
  if (!with_value) return;
  for (int step = arith::kLanes / 2; step > 0; step /= 2) {
    for (int l = 0; l < step; ++l) {
      for (std::int64_t row = 0; row < kTileRows; ++row) lanes[l][row] += lanes[l + step][row];
    }
  }
  for (std::int64_t row = 0; row < kTileRows; ++row) sums.value[row] = lanes[0][row] + b;
}

void LinearBounds::project(BoundedTile& tile) const {
  if (stage_.kind == StageKind::affine_centered) centre(tile);
  tile.next.resize(stage_.n_out);
  Sums sums;
  for (std::int64_t k = 0; k < stage_.n_out; ++k) {
    add_up(k, true, tile, sums);
    const auto at = static_cast<std::size_t>(k * kTileRows);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const std::size_t here = at + static_cast<std::size_t>(row);
      tile.next.value[here] = sums.value[row];
      tile.next.error_p64[here] = sums.error_p64[row];
      tile.next.error_other[here] = sums.error_other[row];
      lose(tile.lost_p64, row, !(sums.error_p64[row] < kInfinity));
      lose(tile.lost_other, row, !(sums.error_other[row] < kInfinity));
    }
  }
  tile.exact = false;
  tile.take_next(stage_.n_out);
}

void LinearBounds::bound_scores(std::int64_t n, BoundedTile& tile, double* p64, double* other) const {
  if (stage_.kind == StageKind::affine_centered) centre(tile);
  Sums sums;
  for (std::int64_t k = 0; k < stage_.n_out; ++k) {
    add_up(k, false, tile, sums);
    for (std::int64_t row = 0; row < n; ++row) {
      const auto r = static_cast<std::size_t>(row);
      p64[row * stage_.n_out + k] = sums.error_p64[row] + tile.lost_p64[r];
      other[row * stage_.n_out + k] = sums.error_other[row] + tile.lost_p64[r] + tile.lost_other[r];
    }
  }
}

}  // namespace evenscore::verifier
