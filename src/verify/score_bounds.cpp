#include "verify/score_bounds.h"

#include <algorithm>

#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/error.h"
#include "verify/column_bounds.h"
#include "verify/row_bounds.h"

namespace evenscore::verifier {
namespace {

template <ElementType type>
void load_tile(const RowsView& rows, std::int64_t first, std::int64_t n, double* values) {
  for (std::int64_t r = 0; r < n; ++r) {
    const std::byte* row = rows.data + (first + r) * rows.row_stride;
    for (std::int64_t i = 0; i < rows.columns; ++i) {
      values[i * kTileRows + r] = arith::load_element<type>(row + i * rows.column_stride);
    }
  }
}

void load(const RowsView& rows, std::int64_t first, std::int64_t n, BoundedTile& tile) {
  double* values = tile.now.value.data();
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

/// Rows that scikit-learn rejects have no score. (Where another computation may have overflowed they are lost
/// already.)
void reject(const double* v, Validity validity, LostRows& lost) {
  for (std::int64_t row = 0; row < kTileRows; ++row) {
    lose(lost, row, arith::is_infinite(v[row]) || (validity == Validity::finite && arith::is_nan(v[row])));
  }
}

void reject_all(Validity validity, BoundedTile& tile) {
  for (std::int64_t i = 0; i < tile.n_columns; ++i) reject(tile.value(i), validity, tile.lost_p64);
}

}  // namespace

ScoreBounds::ScoreBounds(const Program& program, const OtherSoftware& other)
    : program_(program), any_product_order_(other.any_product_order) {
  const std::vector<Stage>& stages = program_.stages;
  if (stages.empty() || !arith::is_linear(stages.back().kind)) {
    throw Error(ErrorCode::unsupported, "no rounding bound is known for this program", {},
                "compare bitwise or with a tolerance");
  }
  FloatFormat format = other.columns;
  std::size_t projections = 0;
  for (const Stage& stage : stages) {
    formats_.push_back(format);
    linear_of_.push_back(linear_.size());
    cover_ += 0x1p-49 * (16.0 + static_cast<double>(arith::is_linear(stage.kind) ? stage.n_in : 0));
    if (!arith::is_linear(stage.kind)) continue;
    Projection projection{format, {}, true, format};
    if (&stage == &stages.back()) {
      projection = {other.products, other.coefficients, false, kBinary64};
    } else if (projections < other.projections.size()) {
      projection = other.projections[projections++];
    }
    linear_.emplace_back(stage, program_.constants.data(), format, projection);
    format = projection.products;
  }
}

void ScoreBounds::check_inputs(BoundedTile& tile) const {
  for (std::int64_t i = 0; i < tile.n_columns; ++i) {
    const Validity validity = program_.validity[static_cast<std::size_t>(i)];
    if (validity == Validity::any) continue;
    reject(tile.value(i), validity, tile.lost_p64);
  }
}

void ScoreBounds::apply(std::size_t stage, BoundedTile& tile, std::vector<double>& room) const {
  const Stage& applied = program_.stages[stage];
  const double* p = program_.constants.data() + applied.parameter;
  switch (applied.kind) {
    case StageKind::reject_infinity:
      return reject_all(Validity::no_infinity, tile);
    case StageKind::reject_not_finite:
      return reject_all(Validity::finite, tile);
    case StageKind::gather:
      return bound_gather(applied, p, tile);
    case StageKind::products:
      return bound_products(applied, p, formats_[stage], any_product_order_, tile, room);
    case StageKind::normalize_l1:
    case StageKind::normalize_l2:
    case StageKind::normalize_max:
    case StageKind::normalize_signed_max:
      return bound_normalize(applied, p, formats_[stage], tile);
    case StageKind::affine:
    case StageKind::affine_centered:
      return linear_[linear_of_[stage]].project(tile);
    default:
      return bound_column_stage(applied, p, formats_[stage], tile);
  }
}

void ScoreBounds::evaluate(const RowsView& rows, double* p64, double* other) const {
  const std::int64_t n_scores = program_.stages.back().n_out;
  BoundedTile tile;
  std::vector<double> room;
  for (std::int64_t first = 0; first < rows.count; first += kTileRows) {
    const std::int64_t n = std::min(kTileRows, rows.count - first);
    tile.n_columns = rows.columns;
    tile.exact = true;
    tile.lost_p64.fill(0.0);
    tile.lost_other.fill(0.0);
    tile.now.value.resize(static_cast<std::size_t>(rows.columns * kTileRows));
    load(rows, first, n, tile);
    if (program_.check_inputs) check_inputs(tile);
    for (std::size_t stage = 0; stage + 1 < program_.stages.size(); ++stage) apply(stage, tile, room);
    double* const tile_p64 = p64 + first * n_scores;
    double* const tile_other = other + first * n_scores;
    linear_.back().bound_scores(n, tile, tile_p64, tile_other);
    for (std::int64_t i = 0; i < n * n_scores; ++i) {
      tile_p64[i] *= cover_;
      tile_other[i] *= cover_;
    }
  }
}

}  // namespace evenscore::verifier
