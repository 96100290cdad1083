#pragma once

#include "pickle/arena.h"

namespace evenscore::pickle {

/// Throws Error(limit_exceeded) when values lie deeper inside each other than Limits::depth, seen from
/// `root`. A value that contains itself counts once; a shared value is visited once.
void check_depth(const Arena& arena, NodeId root);

}  // namespace evenscore::pickle
