#pragma once

#include <vector>

#include "evenscore/stage.h"
#include "verify/bounded_tile.h"

/// Stages that mix the columns of a row, other than linear ones, on all rows of a tile. `p` is the stage's
/// parameter, `format` what the other software rounds to.
namespace evenscore::verifier {

void bound_gather(const Stage& stage, const double* p, BoundedTile& tile);

/// The other software may multiply in any order. Products that round to f32 are as the Program defines them,
/// unless `any_order`. `largest` is room for the largest product of some of a product's factors.
void bound_products(const Stage& stage, const double* p, const FloatFormat& format, bool any_order,
                    BoundedTile& tile, std::vector<double>& largest);

/// The other software's smallest norm is the Program's, or ten eps of its own format. Where a norm may be on
/// either side of it, both outcomes are within the errors.
void bound_normalize(const Stage& stage, const double* p, const FloatFormat& format, BoundedTile& tile);

}  // namespace evenscore::verifier
