#include "verify/row_bounds.h"

#include <algorithm>

#include "evenscore/arith/ops.h"
#include "evenscore/arith/score.h"
#include "verify/column_bounds.h"

namespace evenscore::verifier {
namespace {

/// Of a sum of errors: covers its own rounding.
constexpr double kCover = 1.0 + 0x1p-36;
/// Below the product of this and another number may be subnormal, which takes a hundred times as long.
constexpr double kSmallestFast = 0x1p-960;
using Rows = std::array<double, kTileRows>;

/// Norms of a tile's rows, and how far the exact and the computed ones can be from them.
struct Norms {
  Rows value{}, error_p64{}, error_other{};
  Rows sign{};  ///< of normalize_signed_max; else 1
};

/// Eight-lane sums over the columns of |v| or v^2, rounded no more often than P64-v1 rounds.
template <class Term>
void sum_columns(std::int64_t n_columns, Rows& total, const Term& term) {
  std::array<Rows, arith::kLanes> lanes{};
  for (std::int64_t i = 0; i < n_columns; ++i) {
    Rows& lane = lanes[static_cast<std::size_t>(i % arith::kLanes)];
    for (std::int64_t row = 0; row < kTileRows; ++row) lane[static_cast<std::size_t>(row)] += term(i, row);
  }
  for (std::size_t s = arith::kLanes / 2; s > 0; s /= 2) {
    for (std::size_t l = 0; l < s; ++l) {
      for (std::size_t row = 0; row < kTileRows; ++row) lanes[l][row] += lanes[l + s][row];
    }
  }
  total = lanes[0];
}

Norms l1_norms(BoundedTile& tile) {
  Norms norms;
  sum_columns(tile.n_columns, norms.value,
              [&](std::int64_t i, std::int64_t row) { return std::fabs(tile.value(i)[row]); });
  sum_columns(tile.n_columns, norms.error_p64,
              [&](std::int64_t i, std::int64_t row) { return tile.error_p64(i)[row]; });
  sum_columns(tile.n_columns, norms.error_other,
              [&](std::int64_t i, std::int64_t row) { return tile.error_other(i)[row]; });
  return norms;
}

/// ||v + d|| differs from ||v|| by ||d|| at most.
Norms l2_norms(BoundedTile& tile) {
  Norms norms;
  sum_columns(tile.n_columns, norms.value,
              [&](std::int64_t i, std::int64_t row) { return tile.value(i)[row] * tile.value(i)[row]; });
  sum_columns(tile.n_columns, norms.error_p64, [&](std::int64_t i, std::int64_t row) {
    return tile.error_p64(i)[row] * tile.error_p64(i)[row];
  });
  sum_columns(tile.n_columns, norms.error_other, [&](std::int64_t i, std::int64_t row) {
    return tile.error_other(i)[row] * tile.error_other(i)[row];
  });
  for (std::size_t row = 0; row < kTileRows; ++row) {
    norms.value[row] = std::sqrt(norms.value[row]);
    norms.error_p64[row] = std::sqrt(norms.error_p64[row]);
    norms.error_other[row] = std::sqrt(norms.error_other[row]);
  }
  return norms;
}

Norms largest_of(BoundedTile& tile) {
  Norms norms;
  for (std::int64_t i = 0; i < tile.n_columns; ++i) {
    for (std::size_t row = 0; row < kTileRows; ++row) {
      norms.value[row] = std::max(norms.value[row], std::fabs(tile.value(i)[row]));
      norms.error_p64[row] = std::max(norms.error_p64[row], tile.error_p64(i)[row]);
      norms.error_other[row] = std::max(norms.error_other[row], tile.error_other(i)[row]);
    }
  }
  return norms;
}

Rows largest_values(BoundedTile& tile) {
  Rows largest;
  largest.fill(-std::numeric_limits<double>::infinity());
  for (std::int64_t i = 0; i < tile.n_columns; ++i) {
    for (std::size_t row = 0; row < kTileRows; ++row)
      largest[row] = std::max(largest[row], tile.value(i)[row]);
  }
  return largest;
}

/// The magnitudes of signed norms are as far from exact as the norms themselves.
Norms norms_of(StageKind kind, const Norms& largest, BoundedTile& tile) {
  Norms norms = kind == StageKind::normalize_l1   ? l1_norms(tile)
                : kind == StageKind::normalize_l2 ? l2_norms(tile)
                                                  : largest;
  norms.sign.fill(1.0);
  if (kind != StageKind::normalize_signed_max) return norms;
  const Rows signed_norms = largest_values(tile);
  for (std::size_t row = 0; row < kTileRows; ++row) {
    norms.value[row] = std::fabs(signed_norms[row]);
    norms.sign[row] = signed_norms[row] < 0.0 ? -1.0 : 1.0;
  }
  return norms;
}

/// Adds what computing the norms rounds, and what squares lose by underflow.
void add_roundings(StageKind kind, const FloatFormat& format, std::int64_t n_columns, BoundedTile& tile,
                   Norms& norms) {
  const bool squares = kind == StageKind::normalize_l2;
  const bool sums = squares || kind == StageKind::normalize_l1;
  const auto n = static_cast<double>(n_columns);
  const double g_p64 = sums ? gamma(std::ceil(n / 8.0) + 6.0, kBinary64) : 0.0;
  const double g_other = sums ? gamma(n + 6.0, format) : 0.0;
  const double underflow_p64 = squares ? std::sqrt((n + 8.0) * kBinary64.tiny) : 0.0;
  const double underflow_other = squares ? std::sqrt(4.0 * (n + 8.0) * format.tiny) : 0.0;
  for (std::int64_t row = 0; row < kTileRows; ++row) {
    const auto k = static_cast<std::size_t>(row);
    const double size = norms.value[k] + norms.error_p64[k] + underflow_p64;
    norms.error_p64[k] = kCover * (norms.error_p64[k] + g_p64 * size) + underflow_p64;
    const double size_other = size + norms.error_other[k] + underflow_other;
    norms.error_other[k] = kCover * (norms.error_other[k] + g_other * size_other) + underflow_other;
    const double reach = size_other + norms.error_p64[k];
    lose(tile.lost_p64, row, !((squares ? reach * reach : reach) <= kHeadroom * kBinary64.largest));
    lose(tile.lost_other, row, !((squares ? reach * reach : reach) <= kHeadroom * format.largest));
  }
}

/// Whether a row is divided by its norm, as far as that is known.
struct Division {
  bool p64_open, other_open;  ///< the exact value or a computed one may or may not be
  bool by_norm;               ///< this one is
};

Division division_of(double norm, double error_p64, double error_other, double zero, double zero_other) {
  const double mine = 2.0 * error_p64 * kCover;
  const double both = (error_p64 + error_other) * kCover;
  const auto open = [norm](double reach, double from, double to) {
    return !(norm - reach >= to || norm + reach < from);
  };
  return {open(mine, zero, zero), open(std::max(mine, both), zero, std::max(zero, zero_other)), norm >= zero};
}

}  // namespace

void bound_gather(const Stage& stage, const double* p, BoundedTile& tile) {
  tile.next.resize(stage.n_out);
  const auto copy = [&](const std::vector<double>& from, std::vector<double>& to) {
    for (std::int64_t j = 0; j < stage.n_out; ++j) {
      const double* column = &from[static_cast<std::size_t>(p[j]) * kTileRows];
      std::copy(column, column + kTileRows, &to[static_cast<std::size_t>(j * kTileRows)]);
    }
  };
  copy(tile.now.value, tile.next.value);
  if (!tile.exact) {
    copy(tile.now.error_p64, tile.next.error_p64);
    copy(tile.now.error_other, tile.next.error_other);
  }
  tile.take_next(stage.n_out);
}

void bound_products(const Stage& stage, const double* p, const FloatFormat& format, bool any_order,
                    BoundedTile& tile, std::vector<double>& largest) {
  const bool as_defined = stage.rounding == StageRounding::f32 && tile.exact;
  tile.fill_errors();
  tile.next.resize(stage.n_out);
  largest.assign(static_cast<std::size_t>(stage.n_out * kTileRows), 1.0);
  std::vector<double> degree(static_cast<std::size_t>(stage.n_out), 0.0);
  const Rows one = [] {
    Rows rows;
    rows.fill(1.0);
    return rows;
  }();
  const Rows zero{};
  LostRows lost_p64 = tile.lost_p64;  // by itself: what the columns cannot alias is computed in vectors
  LostRows lost_other = tile.lost_other;
  for (std::int64_t j = 0; j < stage.n_out; ++j) {
    const auto left = static_cast<std::int64_t>(p[2 * j]);
    const auto right = static_cast<std::int64_t>(p[2 * j + 1]);
    const auto at = static_cast<std::size_t>(j * kTileRows);
    const auto from = static_cast<std::size_t>(std::max<std::int64_t>(right, 0) * kTileRows);
    const double* a = left < 0 ? one.data() : tile.value(left);
    const double* a_ours = left < 0 ? zero.data() : tile.error_p64(left);
    const double* a_theirs = left < 0 ? zero.data() : tile.error_other(left);
    const double* b = right < 0 ? one.data() : &tile.next.value[from];
    const double* b_ours = right < 0 ? zero.data() : &tile.next.error_p64[from];
    const double* b_theirs = right < 0 ? zero.data() : &tile.next.error_other[from];
    const double* b_largest = right < 0 ? one.data() : &largest[from];
    double& factors = degree[static_cast<std::size_t>(j)];
    factors = (left < 0 ? 0.0 : 1.0) + (right < 0 ? 0.0 : degree[static_cast<std::size_t>(right)]);
    const bool rounds = left >= 0 && right >= 0;
    const double u = rounds ? kBinary64.unit : 0.0;
    const double r = rounds ? format.unit : 0.0;
    const double tiny = rounds ? kBinary64.tiny : 0.0;
    const double tiny_other = rounds ? factors * std::max(format.tiny, kSmallestFast) : 0.0;
    double* const made = &tile.next.value[at];
    double* const made_ours = &tile.next.error_p64[at];
    double* const made_theirs = &tile.next.error_other[at];
    double* const made_largest = &largest[at];
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const double size_a = std::fabs(a[row]);
      const double size_b = std::fabs(b[row]);
      double product = arith::mul(a[row], b[row]);
      if (as_defined) product = arith::widen(arith::narrow(product));
      made[row] = product;
      const double size = std::fabs(product);
      // That of any of its factors, whatever the order: what underflows in one of them grows no more than so.
      const double reach = size_a + a_ours[row] + a_theirs[row];
      made_largest[row] = b_largest[row] * (reach > 1.0 ? reach : 1.0);
      lose(lost_p64, row, size > kHeadroom * kBinary64.largest);
      lose(lost_other, row, rounds && made_largest[row] > kHeadroom * format.largest);
      const double ours = size_a * b_ours[row] + (size_b + b_ours[row]) * a_ours[row];
      const double theirs =
          (size_a + a_ours[row]) * b_theirs[row] + (size_b + b_ours[row] + b_theirs[row]) * a_theirs[row];
      const double rounded_ours = ours + u * size + tiny;
      made_ours[row] = as_defined ? 0.0 : rounded_ours;
      const double reordered =
          any_order && factors > 2.0
              ? gamma(2.0 * factors, kBinary32) * size + 2.0 * factors * kBinary32.tiny * made_largest[row]
              : 0.0;
      made_theirs[row] =
          as_defined ? reordered
                     : theirs * (1.0 + r) + r * (size + rounded_ours) + tiny_other * made_largest[row];
    }
  }
  tile.lost_p64 = lost_p64;
  tile.lost_other = lost_other;
  tile.take_next(stage.n_out);
  if (as_defined) tile.exact = !any_order;
  if (stage.rounding == StageRounding::f32 && !as_defined) round_to_f32(tile);
}

void bound_normalize(const Stage& stage, const double* p, const FloatFormat& format, BoundedTile& tile) {
  tile.fill_errors();
  const Norms largest = largest_of(tile);
  Norms norms = norms_of(stage.kind, largest, tile);
  add_roundings(stage.kind, format, stage.n_in, tile, norms);
  const double zero = p[0];
  // Ten eps of its format where it is ten eps here, and not merely any number above 0.
  const double zero_other = is_narrow(format) && zero >= kBinary64.smallest ? 20.0 * format.unit : zero;
  const double r = format.unit;
  std::array<Division, kTileRows> divisions{};
  std::array<bool, kTileRows> all_zero{};
  for (std::size_t row = 0; row < kTileRows; ++row) {
    divisions[row] =
        division_of(norms.value[row], norms.error_p64[row], norms.error_other[row], zero, zero_other);
    all_zero[row] =
        largest.value[row] == 0.0 && largest.error_p64[row] == 0.0 && largest.error_other[row] == 0.0;
  }
  for (std::int64_t i = 0; i < stage.n_in; ++i) {
    double* v = tile.value(i);
    double* ours = tile.error_p64(i);
    double* theirs = tile.error_other(i);
    for (std::int64_t row = 0; row < kTileRows; ++row) {
      const auto k = static_cast<std::size_t>(row);
      if (all_zero[k]) continue;
      const Division& division = divisions[k];
      if (!division.by_norm && !division.p64_open && !division.other_open) continue;
      const double norm = norms.value[k];
      const double e_p64 = norms.error_p64[k];
      const double e_other = norms.error_other[k];
      const double least_p64 = norm - 2.0 * e_p64 * kCover;
      const double least = norm - (e_p64 + e_other) * kCover;
      lose(tile.lost_p64, row, !(least_p64 > 0.0));
      lose(tile.lost_other, row, !(least > 0.0));
      const double quotient = arith::div(v[row], norms.sign[k] * norm);
      const double size = std::fabs(quotient);
      const double share = least_p64 > 0.0 ? (std::fabs(v[row]) + ours[row]) / least_p64 : 0.0;
      double mine = least_p64 > 0.0 ? kCover * (ours[row] + share * e_p64) / least_p64 : 0.0;
      mine += kBinary64.unit * (size + mine) + kBinary64.tiny;
      double other = least > 0.0 ? kCover * (theirs[row] + share * e_other) / least : 0.0;
      other += r * (size + mine + other) + format.tiny;
      const double either = kCover * std::fabs(quotient - v[row]);
      const double mine_either = mine + ours[row] + either;
      const bool undecided = division.p64_open || division.other_open;
      theirs[row] = undecided ? other + theirs[row] + mine_either : other;
      if (division.by_norm || division.p64_open) ours[row] = division.p64_open ? mine_either : mine;
      v[row] = division.by_norm ? quotient : v[row];
    }
  }
}

}  // namespace evenscore::verifier
