#include "pickle/numpy_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace evenscore::pickle {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are handed out little-endian");

/// Bytes that turn together when an element changes its byte order; 0 where order has no meaning.
size_t swap_unit(const DType& dtype) {
  switch (dtype.code) {
    case 'i':
    case 'u':
    case 'f':
      return dtype.item_size;
    case 'U':
      return 4;
    default:
      return 0;
  }
}

/// Elements from one index to the next along each dimension of the array, in the buffer.
std::vector<uint64_t> strides_of(const StoredOrder& order) {
  std::vector<uint64_t> in_buffer(order.shape.size());
  uint64_t stride = 1;
  for (size_t i = order.shape.size(); i-- > 0;) {
    in_buffer[i] = stride;
    stride *= order.shape[i];
  }
  std::vector<uint64_t> strides;
  for (const size_t axis : order.axes) strides.push_back(in_buffer[axis]);
  return strides;
}

/// The elements of a non-empty array, moved from `order` to C order.
std::vector<std::byte> in_c_order(const ArrayLayout& layout, std::span<const std::byte> raw,
                                  const StoredOrder& order) {
  const size_t item_size = layout.dtype.item_size;
  const std::vector<uint64_t> strides = strides_of(order);
  std::vector<uint64_t> index(layout.shape.size(), 0);
  std::vector<std::byte> out(raw.size());
  uint64_t from = 0;
  for (size_t to = 0; to < out.size(); to += item_size) {
    std::memcpy(out.data() + to, raw.data() + from * item_size, item_size);
    for (size_t i = index.size(); i-- > 0;) {
      from += strides[i];
      if (++index[i] < layout.shape[i]) break;
      from -= strides[i] * layout.shape[i];
      index[i] = 0;
    }
  }
  return out;
}

}  // namespace

ArrayLayout array_layout(const Arena& arena, NodeId dtype, NodeId shape) {
  if (!arena.is(dtype, Kind::dtype)) arena.fail_corrupt("an array's dtype is not a dtype");
  if (!arena.is(shape, Kind::tuple)) arena.fail_corrupt("an array's shape is not a tuple");
  ArrayLayout layout;
  layout.dtype = arena.dtype(dtype);
  const std::span<const NodeId> lengths = arena.children(shape);
  if (lengths.size() > arena.limits().array_dimensions) {
    arena.fail(ErrorCode::limit_exceeded, fmt::format("an array has {} dimensions", lengths.size()));
  }
  // Lengths beside a zero are bounded too: whoever loops over rows may not be sent round for ever.
  const uint64_t most = arena.stream().size();
  uint64_t elements = 1;
  bool has_zero = false;
  for (const NodeId id : lengths) {
    if (!arena.is(id, Kind::integer))
      arena.fail_corrupt("an array's shape holds something that is no length");
    const int64_t length = arena.node(id).integer;
    if (length < 0) arena.fail_corrupt("an array has a negative length");
    layout.shape.push_back(static_cast<uint64_t>(length));
    has_zero = has_zero || length == 0;
    const uint64_t factor = length == 0 ? 1 : static_cast<uint64_t>(length);
    if (__builtin_mul_overflow(elements, factor, &elements) || elements > most) {
      arena.fail(ErrorCode::limit_exceeded, "an array has more elements than the file has bytes");
    }
  }
  layout.size = has_zero ? 0 : elements;
  if (layout.size > 0 && layout.dtype.item_size == 0) arena.fail_corrupt("an array has elements of no size");
  if (__builtin_mul_overflow(layout.size, uint64_t{layout.dtype.item_size}, &layout.bytes)) {
    arena.fail(ErrorCode::limit_exceeded, "an array has more bytes than the file");
  }
  return layout;
}

StoredOrder fortran_order(std::span<const uint64_t> shape) {
  StoredOrder order;
  order.shape.assign(shape.rbegin(), shape.rend());
  for (size_t i = shape.size(); i-- > 0;) order.axes.push_back(i);
  return order;
}

Array make_array(Arena& arena, const ArrayLayout& layout, std::span<const std::byte> raw,
                 const StoredOrder* order) {
  Array array;
  array.code = layout.dtype.code;
  array.item_size = layout.dtype.item_size;
  array.shape = layout.shape;
  array.size = layout.size;
  array.data = raw;
  const bool reorder = order != nullptr && layout.shape.size() > 1 && !raw.empty();
  const size_t unit = layout.dtype.big_endian ? swap_unit(layout.dtype) : 0;
  if (!reorder && unit <= 1) return array;

  std::vector<std::byte> copy =
      reorder ? in_c_order(layout, raw, *order) : std::vector<std::byte>(raw.begin(), raw.end());
  if (unit > 1) {
    for (size_t i = 0; i + unit <= copy.size(); i += unit) {
      const auto first = copy.begin() + static_cast<std::ptrdiff_t>(i);
      std::reverse(first, first + static_cast<std::ptrdiff_t>(unit));
    }
  }
  array.data = arena.own(std::move(copy));
  return array;
}

Array make_object_array(const Arena& arena, const ArrayLayout& layout, std::span<const NodeId> objects) {
  if (layout.size != objects.size())
    arena.fail_corrupt("an object array has more or fewer values than its shape");
  Array array;
  array.code = 'O';
  array.item_size = layout.dtype.item_size;
  array.shape = layout.shape;
  array.size = layout.size;
  array.objects.assign(objects.begin(), objects.end());
  return array;
}

}  // namespace evenscore::pickle
