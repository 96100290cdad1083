#pragma once

#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore::engine {

/// Throws Error (shape_mismatch, bad_request) unless `rows` can be scored by `program` into `outputs`.
void check_views(const Program& program, const RowsView& rows, const OutputsView& outputs);
/// Throws Error (shape_mismatch) unless both are in host memory.
void check_host_memory(const RowsView& rows, const OutputsView& outputs);

}  // namespace evenscore::engine
