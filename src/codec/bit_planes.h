#pragma once

#include <cstddef>

#include "codec/workspace.h"

namespace evenscore::codec {

/// From bits to elements: bit k of byte j of element i is bit i % 8 of bits[(8 * j + k) * (count / 8) + i /
/// 8]. `count` elements of `width` bytes, a multiple of 8.
void gather_bits(const std::byte* bits, std::size_t count, std::size_t width, std::byte* out,
                 Workspace& workspace);

}  // namespace evenscore::codec
