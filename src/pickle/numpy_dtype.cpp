#include "pickle/numpy_dtype.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace evenscore::pickle {
namespace {

bool is_one_of(uint64_t value, std::initializer_list<uint64_t> values) {
  for (const uint64_t one : values) {
    if (value == one) return true;
  }
  return false;
}

/// The dtype of a code such as "f8", "U12", "V56"; `number` is what follows the letter.
std::optional<DType> dtype_of(char letter, uint64_t number) {
  DType dtype;
  dtype.code = letter;
  dtype.item_size = static_cast<uint32_t>(number);
  switch (letter) {
    case 'b':
      return number == 1 ? std::optional(dtype) : std::nullopt;
    case 'i':
    case 'u':
      return is_one_of(number, {1, 2, 4, 8}) ? std::optional(dtype) : std::nullopt;
    case 'f':
      if (is_one_of(number, {12, 16})) dtype.code = 'g';
      return is_one_of(number, {2, 4, 8, 12, 16}) ? std::optional(dtype) : std::nullopt;
    case 'c':
      return is_one_of(number, {8, 16, 24, 32}) ? std::optional(dtype) : std::nullopt;
    case 'M':
    case 'm':
      return number == 8 ? std::optional(dtype) : std::nullopt;
    case 'O':
      dtype.item_size = 8;
      return is_one_of(number, {4, 8}) ? std::optional(dtype) : std::nullopt;
    case 'U':
      dtype.item_size = static_cast<uint32_t>(number * 4);
      return dtype;
    case 'S':
    case 'V':
      return dtype;
    default:
      return std::nullopt;
  }
}

bool has_own_size(char code) {
  return code == 'U' || code == 'S' || code == 'V';
}

bool is_flag(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::boolean) || arena.is(id, Kind::integer);
}

}  // namespace

NodeId make_dtype(Arena& arena, NodeId arguments) {
  const std::span<const NodeId> args = arena.children(arguments);
  if (args.size() != 3 || !arena.is(args[0], Kind::string)) return kNoNode;
  if (!is_flag(arena, args[1]) || !is_flag(arena, args[2])) return kNoNode;
  std::string_view code = arena.text(args[0]);
  if (!code.empty() && std::string_view("<=|").find(code[0]) != std::string_view::npos) code.remove_prefix(1);
  uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(code.data() + (code.empty() ? 0 : 1), code.data() + code.size(), number);
  if (code.size() < 2 || code.size() > 8 || error != std::errc() || end != code.data() + code.size())
    return kNoNode;
  const std::optional<DType> dtype = dtype_of(code[0], number);
  if (!dtype) return kNoNode;
  if (number > arena.limits().item_bytes || dtype->item_size > arena.limits().item_bytes) {
    arena.fail(ErrorCode::limit_exceeded, fmt::format("the dtype {} has elements of more than {} bytes", code,
                                                      arena.limits().item_bytes));
  }
  return arena.add_dtype(*dtype);
}

void build_dtype(Arena& arena, NodeId id, NodeId state) {
  if (arena.node(id).built) arena.fail_corrupt("a dtype is given its state twice");
  if (!arena.is(state, Kind::tuple)) arena.fail_corrupt("the state of a dtype is not a tuple");
  const std::span<const NodeId> fields = arena.children(state);
  const auto integer = [&](size_t i) {
    if (!arena.is(fields[i], Kind::integer))
      arena.fail_corrupt("the state of a dtype has an unexpected form");
    return arena.node(fields[i]).integer;
  };
  if (fields.size() < 8 || fields.size() > 9 || (integer(0) != 3 && integer(0) != 4) ||
      !arena.is(fields[1], Kind::string)) {
    arena.fail_corrupt("the state of a dtype has an unexpected form");
  }
  DType& dtype = arena.mutable_dtype(id);
  const std::string_view order = arena.text(fields[1]);
  if (order != "<" && order != ">" && order != "=" && order != "|") {
    arena.fail_corrupt("a dtype has an unknown byte order");
  }
  dtype.big_endian = order == ">";
  const int64_t item_size = integer(5);
  if (has_own_size(dtype.code) ? item_size != int64_t{dtype.item_size} : item_size != -1) {
    arena.fail_corrupt("a dtype contradicts itself about its item size");
  }
  constexpr int64_t kHoldsObjects = 1;
  if (dtype.code != 'O' && (integer(7) & kHoldsObjects) != 0) {
    arena.fail(ErrorCode::unsupported, "a structured dtype holds Python objects");
  }
  if (dtype.code != 'V' && (!arena.is(fields[2], Kind::none) || !arena.is(fields[4], Kind::none))) {
    arena.fail_corrupt("a plain dtype has fields");
  }
  arena.set_built(id);
}

}  // namespace evenscore::pickle
