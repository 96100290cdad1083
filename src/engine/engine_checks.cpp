#include "engine/engine_checks.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::engine {

void check_views(const Program& program, const RowsView& rows, const OutputsView& outputs) {
  if (rows.columns != program.n_features()) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("the rows have {} columns, the model was fitted with {} features", rows.columns,
                            program.n_features()));
  }
  if (rows.count < 0) throw Error(ErrorCode::shape_mismatch, fmt::format("a row count of {}", rows.count));
  if (program.is_regressor() && outputs.label_index != nullptr)
    throw Error(ErrorCode::bad_request, "a regressor has no labels", {},
                "ask for its decision: the prediction");
  if (!program.has_proba() && (outputs.proba != nullptr || outputs.log_proba != nullptr))
    throw Error(ErrorCode::bad_request, "this model has no probabilities", {}, "ask for its decision");
}

void check_host_memory(const RowsView& rows, const OutputsView& outputs) {
  if (rows.space != MemorySpace::host || outputs.space != MemorySpace::host)
    throw Error(ErrorCode::shape_mismatch, "this engine reads and writes host memory only");
}

}  // namespace evenscore::engine
