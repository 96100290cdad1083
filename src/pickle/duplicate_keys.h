#pragma once

#include "pickle/arena.h"

namespace evenscore::pickle {

/// Leaves each key of every dict once, with its last value at its first position, and each element of every
/// set once, as Python does. Takes time in proportion to the stream however values are shared. Throws
/// Error(corrupt_file) for a key that Python could not hash: a list, dict, set or array.
void resolve_duplicate_keys(Arena& arena);

}  // namespace evenscore::pickle
