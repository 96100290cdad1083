#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pickle/arena.h"

namespace evenscore::pickle {

/// An array without its elements: dtype, shape, and the number of elements and bytes that they make.
struct ArrayLayout {
  DType dtype;
  std::vector<uint64_t> shape;
  uint64_t size = 0;
  uint64_t bytes = 0;
};

/// Checks a shape tuple and a dtype node. Throws Error when the values are no shape or dtype, are negative,
/// have too many dimensions, or multiply beyond the stream's own size.
ArrayLayout array_layout(const Arena& arena, NodeId dtype, NodeId shape);

/// How elements lie in a buffer: dimension `i` of the array is dimension `axes[i]` of the buffer's C order.
struct StoredOrder {
  std::vector<uint64_t> shape;
  std::vector<size_t> axes;
};

/// Elements stored in Fortran order.
StoredOrder fortran_order(std::span<const uint64_t> shape);

/// The array whose elements are `raw` in C order (null `order`) or as `order` says; copies only to change
/// order or bytes. `raw` is `layout.bytes` long and lives as long as the arena; the dtype holds no Python
/// objects.
Array make_array(Arena& arena, const ArrayLayout& layout, std::span<const std::byte> raw,
                 const StoredOrder* order);

/// The array of the values `objects`, one for each element in C order, which NumPy keeps whatever the memory
/// order.
Array make_object_array(const Arena& arena, const ArrayLayout& layout, std::span<const NodeId> objects);

}  // namespace evenscore::pickle
