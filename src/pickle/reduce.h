#pragma once

#include "pickle/arena.h"

namespace evenscore::pickle {

/// What REDUCE makes of a global and its argument tuple. Nothing is called: a data constructor of the table
/// becomes the value it stands for, an inert class an inert value, everything else Kind::unsupported. Throws
/// Error when `callable` is no global, or `arguments` no tuple.
NodeId reduce(Arena& arena, NodeId callable, NodeId arguments);

/// What NEWOBJ and NEWOBJ_EX make (`keywords` is kNoNode for the first).
NodeId make_instance(Arena& arena, NodeId type, NodeId arguments, NodeId keywords);

/// BUILD: gives `target` its state, once. joblib's arrays are not handled here.
void build(Arena& arena, NodeId target, NodeId state);

/// Whether `id` is an instance of joblib's array wrapper that has no state yet.
bool awaits_joblib_array(const Arena& arena, NodeId id);

}  // namespace evenscore::pickle
