#pragma once

#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore::engine {

/// Throws Error (shape_mismatch) unless host `rows` and `outputs` can be scored by `program`.
void check_views(const Program& program, const RowsView& rows, const OutputsView& outputs);

}  // namespace evenscore::engine
