#pragma once

#include <string>

#include "h5/file.h"

namespace evenscore {

/// The path of what holds the rows when nothing is named: /X, else the only two-dimensional numeric dataset,
/// table of structures, or frame of pandas in the file. Throws bad_request listing the candidates (or,
/// without any, everything) with shape and type.
std::string find_row_object(const h5::File& file);

}  // namespace evenscore
