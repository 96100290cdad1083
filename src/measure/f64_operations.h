#pragma once

#include "evenscore/element_type.h"
#include "evenscore/program.h"

namespace evenscore::measure {

/// How many f64 instructions a row takes on a GPU, at least: those that the rules of docs/arithmetic.md name,
/// with 40 for each exponential, 10 for each division and the checks around them left out.
double f64_operations_a_row(const Program& program, ElementType rows_type);

}  // namespace evenscore::measure
