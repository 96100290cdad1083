#pragma once

#include <string>

#include "h5/file.h"

namespace evenscore {

/// The path of the dataset that holds the rows when none is named: /X, else the only two-dimensional numeric
/// dataset. Throws bad_request listing the candidates (or, without any, everything) with shape and type.
std::string find_row_dataset(const h5::File& file);

}  // namespace evenscore
