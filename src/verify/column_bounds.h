#pragma once

#include "evenscore/stage.h"
#include "verify/bounded_tile.h"

namespace evenscore::verifier {

/// A column stage on all rows of a tile; `p` is its parameter, `format` what the other software rounds to.
void bound_column_stage(const Stage& stage, const double* p, const FloatFormat& format, BoundedTile& tile);

/// All columns to f32, by the Program's definition, where they were not exact: the exact value and a computed
/// one are rounded each.
void round_to_f32(BoundedTile& tile);

}  // namespace evenscore::verifier
