#include "pipeline/saved_values.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "evenscore/error.h"

namespace evenscore {
namespace {

using pickle::Document;
using pickle::Kind;
using pickle::NodeId;

constexpr int kMaxParamDepth = 32;

std::string full_name(const Document& document, NodeId id) {
  const std::string module(document.module(id));
  return module.empty() ? std::string("object") : module + "." + std::string(document.name(id));
}

Param unread(std::string class_name) {
  Param param;
  param.kind = Param::Kind::unread;
  param.text = std::move(class_name);
  return param;
}

/// `budget` bounds the values visited: a list that holds itself, or doubles itself, ends as unread.
Param to_param(const Document& document, NodeId id, int depth, int& budget) {
  if (depth > kMaxParamDepth || --budget < 0) return unread("a value too large to keep");
  Param param;
  switch (document.kind(id)) {
    case Kind::none:
      return param;
    case Kind::boolean:
      param.kind = Param::Kind::boolean;
      param.boolean = document.boolean(id);
      return param;
    case Kind::integer:
      param.kind = Param::Kind::integer;
      param.text = std::to_string(document.integer(id));
      return param;
    case Kind::big_integer:
      param.kind = Param::Kind::integer;
      param.text = document.string(id);
      return param;
    case Kind::real:
      param.kind = Param::Kind::real;
      param.real = document.real(id);
      return param;
    case Kind::string:
      param.kind = Param::Kind::string;
      param.text = document.string(id);
      return param;
    case Kind::name:
      param.kind = Param::Kind::class_name;
      param.text = full_name(document, id);
      return param;
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
      param.kind = document.kind(id) == Kind::list    ? Param::Kind::list
                   : document.kind(id) == Kind::tuple ? Param::Kind::tuple
                                                      : Param::Kind::dict;
      for (const NodeId item : document.items(id))
        param.items.push_back(to_param(document, item, depth + 1, budget));
      return param;
    case Kind::object:
    case Kind::inert:
      return unread(full_name(document, id));
    case Kind::dtype:
      if (document.dtype(id).code != 'f') return unread("numpy.dtype");
      param.kind = Param::Kind::class_name;
      param.text = fmt::format("numpy.float{}", 8 * document.dtype(id).item_size);
      return param;
    case Kind::array:
      return unread("numpy.ndarray");
    default:
      return unread(pickle::describe(document.kind(id)));
  }
}

template <class T>
Array scalar(ElementType type, std::string dtype, T value) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = type;
  array.dtype = std::move(dtype);
  array.data.resize(sizeof value);
  std::memcpy(array.data.data(), &value, sizeof value);
  return array;
}

std::optional<ElementType> number_type(char code, std::uint32_t size) {
  constexpr struct {
    char code;
    std::uint32_t size;
    ElementType type;
  } kTypes[] = {{'f', 2, ElementType::f16}, {'f', 4, ElementType::f32}, {'f', 8, ElementType::f64},
                {'i', 1, ElementType::i8},  {'i', 2, ElementType::i16}, {'i', 4, ElementType::i32},
                {'i', 8, ElementType::i64}, {'u', 1, ElementType::u8},  {'u', 2, ElementType::u16},
                {'u', 4, ElementType::u32}, {'u', 8, ElementType::u64}};
  for (const auto& known : kTypes) {
    if (known.code == code && known.size == size) return known.type;
  }
  return std::nullopt;
}

/// An array of Python objects: all texts, all integers, all floats or all booleans.
Array from_objects(const Document& document, const pickle::Array& saved) {
  Array array;
  array.dtype = "object";
  array.shape = saved.shape;
  const Kind kind = saved.objects.empty() ? Kind::string : document.kind(saved.objects[0]);
  for (const NodeId id : saved.objects) {
    if (document.kind(id) != kind) throw Error(ErrorCode::unsupported, "holds values of different types");
    if (kind == Kind::string) {
      array.strings.emplace_back(document.string(id));
    } else if (kind == Kind::real) {
      const double value = document.real(id);
      array.data.resize(array.data.size() + sizeof value);
      std::memcpy(array.data.data() + array.data.size() - sizeof value, &value, sizeof value);
    } else if (kind == Kind::integer || kind == Kind::boolean) {
      const std::int64_t value = kind == Kind::integer ? document.integer(id) : document.boolean(id);
      const std::size_t size = kind == Kind::integer ? sizeof value : 1;
      array.data.resize(array.data.size() + size);
      std::memcpy(array.data.data() + array.data.size() - size, &value, size);
    } else {
      throw Error(ErrorCode::unsupported, fmt::format("holds Python objects ({})", pickle::describe(kind)));
    }
  }
  array.kind = kind == Kind::string    ? Array::Kind::string
               : kind == Kind::boolean ? Array::Kind::boolean
                                       : Array::Kind::number;
  if (kind == Kind::real) array.type = ElementType::f64;
  if (kind == Kind::integer || kind == Kind::boolean)
    array.type = kind == Kind::boolean ? ElementType::u8 : ElementType::i64;
  return array;
}

}  // namespace

Param to_param(const Document& document, NodeId id) {
  int budget = 10'000;
  return to_param(document, id, 0, budget);
}

Array to_array(const Document& document, NodeId id) {
  Array array;
  switch (document.kind(id)) {
    case Kind::none:
      array.dtype = "None";
      return array;
    case Kind::integer:
      return scalar(ElementType::i64, "int", document.integer(id));
    case Kind::real:
      return scalar(ElementType::f64, "float", document.real(id));
    case Kind::string:
      array.kind = Array::Kind::string;
      array.dtype = "str";
      array.strings.emplace_back(document.string(id));
      return array;
    case Kind::array:
      break;
    default:
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("is {}, not a number or an array", pickle::describe(document.kind(id))));
  }
  const pickle::Array& saved = document.array(id);
  if (saved.code == 'O') return from_objects(document, saved);
  array.shape = saved.shape;
  if (saved.code == 'U' || saved.code == 'S') {
    array.kind = Array::Kind::string;
    array.dtype =
        saved.code == 'U' ? fmt::format("<U{}", saved.item_size / 4) : fmt::format("|S{}", saved.item_size);
    for (std::uint64_t i = 0; i < saved.size; ++i) array.strings.push_back(document.element_text(id, i));
    return array;
  }
  array.data.assign(saved.data.begin(), saved.data.end());
  if (saved.code == 'b') {
    array.kind = Array::Kind::boolean;
    array.type = ElementType::u8;
    array.dtype = "bool";
    for (std::byte& value : array.data) value = value == std::byte{0} ? std::byte{0} : std::byte{1};
    return array;
  }
  const std::optional<ElementType> type = number_type(saved.code, saved.item_size);
  if (!type) {
    throw Error(ErrorCode::unsupported, fmt::format("is an array of type '{}{}', which is not supported",
                                                    saved.code, saved.item_size));
  }
  array.kind = Array::Kind::number;
  array.type = *type;
  array.dtype = element_name(*type);
  return array;
}

}  // namespace evenscore
