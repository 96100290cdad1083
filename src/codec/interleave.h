#pragma once

#include <cstddef>

namespace evenscore::codec {

/// From planes to elements: byte j of element i, out[i * width + j], is byte i of plane j, planes[j * stride
/// + i]. `count` elements; fast for a width of 2, 4 or 8.
void interleave(const std::byte* planes, std::size_t stride, std::size_t count, std::size_t width,
                std::byte* out);

}  // namespace evenscore::codec
