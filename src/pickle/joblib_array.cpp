#include "pickle/joblib_array.h"

#include <fmt/format.h>

#include <string_view>

namespace evenscore::pickle {
namespace {

constexpr std::string_view kFields[] = {"subclass", "shape",      "order",
                                        "dtype",    "allow_mmap", "numpy_array_alignment_bytes"};

/// A field that joblib might add later could change how the bytes lie, so none is skipped.
void check_fields(const Arena& arena, NodeId state) {
  const std::span<const NodeId> pairs = arena.children(state);
  for (size_t i = 0; i < pairs.size(); i += 2) {
    bool known = false;
    for (const std::string_view field : kFields) {
      known = known || (arena.is(pairs[i], Kind::string) && arena.text(pairs[i]) == field);
    }
    if (!known) arena.fail(ErrorCode::unsupported, "a joblib array has a field that is not known");
  }
}

NodeId field(const Arena& arena, NodeId state, std::string_view key) {
  const NodeId found = arena.find(state, key);
  if (found == kNoNode) arena.fail_corrupt(fmt::format("a joblib array has no field '{}'", key));
  return found;
}

void check_type(const Arena& arena, NodeId type) {
  // An unknown type stays among the document's names and is reported from there.
  const bool accepted =
      arena.is(type, Kind::name) &&
      (arena.name(type).meaning == Meaning::numpy_array_type || arena.name(type).meaning == Meaning::unknown);
  if (!accepted) arena.fail_corrupt("a joblib array is not of an array type");
}

bool is_fortran(const Arena& arena, NodeId order) {
  const std::string_view text = arena.is(order, Kind::string) ? arena.text(order) : std::string_view();
  if (text != "C" && text != "F") arena.fail_corrupt("a joblib array's order is neither C nor F");
  return text == "F";
}

/// Since joblib 1.2 a byte and as many bytes of 0xFF as it says precede the elements, to align them in the
/// file.
void skip_padding(const Arena& arena, Cursor& cursor, NodeId state) {
  const NodeId alignment = arena.find(state, "numpy_array_alignment_bytes");
  if (alignment == kNoNode || arena.is(alignment, Kind::none)) return;
  if (!arena.is(alignment, Kind::integer)) arena.fail_corrupt("a joblib array's alignment is not an integer");
  const uint8_t padding = cursor.take_u8();
  if (padding < 1 || padding > arena.node(alignment).integer) {
    arena.fail_corrupt(fmt::format("a joblib array starts with {} bytes of padding", padding));
  }
  for (const std::byte b : cursor.take(padding)) {
    if (b != std::byte{0xFF}) arena.fail_corrupt("a joblib array's padding is damaged");
  }
}

}  // namespace

std::optional<ArrayLayout> read_joblib_array(Arena& arena, Cursor& cursor, NodeId wrapper, NodeId state) {
  if (!arena.is(state, Kind::dict)) arena.fail_corrupt("the state of a joblib array is not a dict");
  check_fields(arena, state);
  check_type(arena, field(arena, state, "subclass"));
  const ArrayLayout layout = array_layout(arena, field(arena, state, "dtype"), field(arena, state, "shape"));
  const bool fortran = is_fortran(arena, field(arena, state, "order"));
  if (layout.dtype.code == 'O') return layout;
  skip_padding(arena, cursor, state);
  const std::span<const std::byte> raw = cursor.take(layout.bytes);
  const StoredOrder order = fortran_order(layout.shape);
  arena.become_array(wrapper, make_array(arena, layout, raw, fortran ? &order : nullptr));
  return std::nullopt;
}

}  // namespace evenscore::pickle
