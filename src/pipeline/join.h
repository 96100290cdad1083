#pragma once

#include "evenscore/pipeline.h"

namespace evenscore {

/// Appends the steps of `next` to `pipeline`, which becomes a pipeline even if it was a bare estimator. A
/// bare estimator gets its class's name as the step's name, as make_pipeline() names steps; a number keeps
/// names apart. Throws Error (shape_mismatch) when both were fitted with feature names and these differ:
/// every transformer so far keeps its columns, so joining them by position would give wrong predictions
/// without a word.
void append(Pipeline& pipeline, Pipeline next);

}  // namespace evenscore
