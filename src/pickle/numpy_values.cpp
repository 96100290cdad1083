#include "pickle/numpy_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "pickle/numpy_array.h"
#include "pickle/text.h"

namespace evenscore::pickle {
namespace {

double widen_half(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1F;
  const int fraction = bits & 0x3FF;
  double magnitude = 0;
  if (exponent == 0x1F) {
    magnitude =
        fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(fraction, -24);
  } else {
    magnitude = std::ldexp(fraction + 0x400, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

NodeId real_scalar(Arena& arena, uint64_t bits, size_t bytes) {
  switch (bytes) {
    case 2:
      return arena.add_real(widen_half(static_cast<uint16_t>(bits)));
    case 4:
      return arena.add_real(double{std::bit_cast<float>(static_cast<uint32_t>(bits))});
    default:
      return arena.add_real(std::bit_cast<double>(bits));
  }
}

/// A number of at most eight bytes, given as little-endian bits.
NodeId number_scalar(Arena& arena, char code, uint64_t bits, size_t bytes) {
  switch (code) {
    case 'b':
      return arena.add_boolean(bits != 0);
    case 'f':
      return real_scalar(arena, bits, bytes);
    case 'i': {
      const auto unused = static_cast<int>(64 - 8 * bytes);
      return arena.add_integer(static_cast<int64_t>(bits << unused) >> unused);
    }
    default:
      if (bits > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return arena.add_big_integer(fmt::format("{}", bits));
      }
      return arena.add_integer(static_cast<int64_t>(bits));
  }
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_array_type(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::name) && arena.name(id).meaning == Meaning::numpy_array_type;
}

/// The order of `transpose(axes)` over a C-ordered buffer of `shape`; nothing when `axes` is no permutation.
std::optional<StoredOrder> transposed_order(const Arena& arena, const std::vector<uint64_t>& shape,
                                            NodeId axes) {
  if (!arena.is(axes, Kind::tuple) || arena.children(axes).size() != shape.size()) return std::nullopt;
  StoredOrder order;
  order.shape = shape;
  std::vector<bool> seen(shape.size(), false);
  for (const NodeId id : arena.children(axes)) {
    if (!arena.is(id, Kind::integer)) return std::nullopt;
    const int64_t axis = arena.node(id).integer;
    if (axis < 0 || static_cast<uint64_t>(axis) >= shape.size()) return std::nullopt;
    if (seen[static_cast<size_t>(axis)]) return std::nullopt;
    seen[static_cast<size_t>(axis)] = true;
    order.axes.push_back(static_cast<size_t>(axis));
  }
  return order;
}

NodeId add_array(Arena& arena, Array array) {
  const NodeId id = arena.add(Kind::array);
  arena.become_array(id, std::move(array));
  return id;
}

}  // namespace

std::optional<std::span<const std::byte>> raw_bytes(Arena& arena, NodeId id) {
  if (arena.is(id, Kind::bytes)) return std::as_bytes(std::span(arena.text(id)));
  if (!arena.is(id, Kind::string)) return std::nullopt;
  // Counted because a few bytes of the stream can ask for the same long string again and again.
  arena.charge(arena.text(id).size());
  if (is_ascii(arena.text(id))) return std::as_bytes(std::span(arena.text(id)));
  std::optional<std::string> latin1 = utf8_to_latin1(arena.text(id));
  if (!latin1) return std::nullopt;
  return std::as_bytes(std::span(arena.own(std::move(*latin1))));
}

NodeId reconstruct_array(Arena& arena, NodeId arguments) {
  const std::span<const NodeId> args = arena.children(arguments);
  if (args.size() != 3 || !is_array_type(arena, args[0])) return kNoNode;
  // NumPy always writes ((0,), b'b') here and fails on much else, so anything else is damage.
  const bool empty = arena.is(args[1], Kind::tuple) && arena.children(args[1]).size() == 1 &&
                     arena.is(arena.children(args[1])[0], Kind::integer) &&
                     arena.node(arena.children(args[1])[0]).integer == 0;
  const bool is_text = arena.is(args[2], Kind::bytes) || arena.is(args[2], Kind::string);
  if (!empty || !is_text || arena.text(args[2]) != "b") return kNoNode;
  return arena.add(Kind::array);
}

void build_array(Arena& arena, NodeId array, NodeId state) {
  if (arena.node(array).built) arena.fail_corrupt("an array is given its content twice");
  if (!arena.is(state, Kind::tuple)) arena.fail_corrupt("the state of an array is not a tuple");
  std::span<const NodeId> fields = arena.children(state);
  if (fields.size() == 5) {
    if (!arena.is(fields[0], Kind::integer) || arena.node(fields[0]).integer != 1) {
      arena.fail_corrupt("the state of an array has another version than 1, which NumPy writes since 1.0");
    }
    fields = fields.subspan(1);
  }
  if (fields.size() != 4) arena.fail_corrupt("the state of an array has an unexpected form");
  const ArrayLayout layout = array_layout(arena, fields[1], fields[0]);
  if (!arena.is(fields[2], Kind::boolean) && !arena.is(fields[2], Kind::integer)) {
    arena.fail_corrupt("the state of an array has an unexpected form");
  }
  if (layout.dtype.code == 'O') {
    if (!arena.is(fields[3], Kind::list)) arena.fail_corrupt("an object array has no list of values");
    arena.become_array(array, make_object_array(arena, layout, arena.children(fields[3])));
    return;
  }
  const auto raw = raw_bytes(arena, fields[3]);
  if (!raw || raw->size() != layout.bytes) {
    arena.fail_corrupt("an array has more or fewer bytes than its shape and dtype need");
  }
  const StoredOrder fortran = fortran_order(layout.shape);
  const bool is_fortran = arena.node(fields[2]).integer != 0;
  arena.become_array(array, make_array(arena, layout, *raw, is_fortran ? &fortran : nullptr));
}

NodeId make_scalar(Arena& arena, NodeId arguments) {
  const std::span<const NodeId> args = arena.children(arguments);
  if (args.size() != 2 || !arena.is(args[0], Kind::dtype)) return kNoNode;
  const DType dtype = arena.dtype(args[0]);
  const auto raw = raw_bytes(arena, args[1]);
  if (!raw || raw->size() != dtype.item_size) return kNoNode;
  std::vector<std::byte> bytes(raw->begin(), raw->end());
  switch (dtype.code) {
    case 'b':
    case 'i':
    case 'u':
    case 'f': {
      if (dtype.big_endian) std::reverse(bytes.begin(), bytes.end());
      uint64_t bits = 0;
      std::memcpy(&bits, bytes.data(), bytes.size());
      return number_scalar(arena, dtype.code, bits, bytes.size());
    }
    case 'U': {
      for (size_t i = 0; dtype.big_endian && i < bytes.size(); i += 4) {
        std::reverse(bytes.data() + i, bytes.data() + i + 4);
      }
      std::optional<std::string> text = utf32_to_utf8(bytes);
      if (!text) arena.fail_corrupt("a string has an invalid code point");
      return arena.add_text(Kind::string, arena.own(std::move(*text)));
    }
    case 'S':
      return arena.add_text(Kind::bytes, as_text(*raw));
    default:
      return kNoNode;
  }
}

NodeId array_from_buffer(Arena& arena, NodeId arguments) {
  const std::span<const NodeId> args = arena.children(arguments);
  if (args.size() != 4 && args.size() != 5) return kNoNode;
  if (!arena.is(args[0], Kind::bytes) || !arena.is(args[3], Kind::string)) return kNoNode;
  const ArrayLayout buffer = array_layout(arena, args[1], args[2]);
  const std::span<const std::byte> raw = std::as_bytes(std::span(arena.text(args[0])));
  if (buffer.dtype.code == 'O') arena.fail_corrupt("an array of Python objects cannot come from a buffer");
  if (raw.size() != buffer.bytes) {
    arena.fail_corrupt("an array has more or fewer bytes than its shape and dtype need");
  }
  const std::string_view order = arena.text(args[3]);
  if (order == "C") return add_array(arena, make_array(arena, buffer, raw, nullptr));
  if (order == "F") {
    const StoredOrder fortran = fortran_order(buffer.shape);
    return add_array(arena, make_array(arena, buffer, raw, &fortran));
  }
  if (order != "K" || args.size() != 5) return kNoNode;
  const std::optional<StoredOrder> stored = transposed_order(arena, buffer.shape, args[4]);
  if (!stored) arena.fail_corrupt("an array's axis order is no permutation");
  ArrayLayout transposed = buffer;
  for (size_t i = 0; i < stored->axes.size(); ++i) transposed.shape[i] = buffer.shape[stored->axes[i]];
  return add_array(arena, make_array(arena, transposed, raw, &*stored));
}

}  // namespace evenscore::pickle
