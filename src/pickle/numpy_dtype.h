#pragma once

#include "pickle/arena.h"

namespace evenscore::pickle {

/// `numpy.dtype(code, align, copy)`: the dtype node, or kNoNode when the arguments name no dtype that can be
/// carried.
NodeId make_dtype(Arena& arena, NodeId arguments);

/// BUILD on a dtype node: (3 or 4, byte order, subdtype, names, fields, item size, alignment, flags[,
/// metadata]). Throws Error for any other state and for a structured dtype that holds Python objects.
void build_dtype(Arena& arena, NodeId dtype, NodeId state);

}  // namespace evenscore::pickle
