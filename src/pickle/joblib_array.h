#pragma once

#include <optional>

#include "pickle/arena.h"
#include "pickle/cursor.h"
#include "pickle/numpy_array.h"

namespace evenscore::pickle {

/// joblib's NumpyArrayWrapper, given its state: the array's elements follow in the stream, either as raw
/// bytes or, for an array of Python objects, as a whole pickle of its own.
///
/// Raw bytes are read here and `wrapper` becomes the array. For a nested pickle nothing is read and the
/// layout is returned that its array must have. Throws Error for a state that joblib does not write.
std::optional<ArrayLayout> read_joblib_array(Arena& arena, Cursor& cursor, NodeId wrapper, NodeId state);

}  // namespace evenscore::pickle
