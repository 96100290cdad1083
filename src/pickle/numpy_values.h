#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "pickle/arena.h"

namespace evenscore::pickle {

/// The bytes of a bytes node, or of a string node read as Latin-1, as Python 2 wrote bytes; nothing for
/// another kind or a code point above U+00FF. They live as long as the arena.
std::optional<std::span<const std::byte>> raw_bytes(Arena& arena, NodeId id);

/// `numpy.core.multiarray._reconstruct(type, shape, typecode)`: an array that a BUILD is to fill; kNoNode
/// when the type is no array type or the arguments have another form.
NodeId reconstruct_array(Arena& arena, NodeId arguments);

/// BUILD on an array: ([version,] shape, dtype, is_fortran, bytes or list of values).
void build_array(Arena& arena, NodeId array, NodeId state);

/// `numpy.core.multiarray.scalar(dtype, bytes)` as the Python scalar of the same value; kNoNode for a dtype
/// that Python has no scalar for.
NodeId make_scalar(Arena& arena, NodeId arguments);

/// `numpy.core.numeric._frombuffer(buffer, dtype, shape, order[, axis_order])`; kNoNode when the arguments
/// have another form.
NodeId array_from_buffer(Arena& arena, NodeId arguments);

}  // namespace evenscore::pickle
