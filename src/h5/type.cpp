#include "h5/type.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "h5/call.h"

namespace evenscore::h5 {
namespace {

static_assert(std::endian::native == std::endian::little, "make_type serves memory and files alike");

constexpr ElementType kIntegers[2][4] = {
    {ElementType::u8, ElementType::u16, ElementType::u32, ElementType::u64},
    {ElementType::i8, ElementType::i16, ElementType::i32, ElementType::i64}};

// Only inside `call`: the names are macros that may initialise the library.
hid_t predefined(ElementType element) {
  switch (element) {
    case ElementType::f16:
    case ElementType::f32:
      return H5T_IEEE_F32LE;
    case ElementType::f64:
      return H5T_IEEE_F64LE;
    case ElementType::i8:
      return H5T_STD_I8LE;
    case ElementType::i16:
      return H5T_STD_I16LE;
    case ElementType::i32:
      return H5T_STD_I32LE;
    case ElementType::i64:
      return H5T_STD_I64LE;
    case ElementType::u8:
      return H5T_STD_U8LE;
    case ElementType::u16:
      return H5T_STD_U16LE;
    case ElementType::u32:
      return H5T_STD_U32LE;
    case ElementType::u64:
      break;
  }
  return H5T_STD_U64LE;
}

Handle make_number(ElementType element, H5T_order_t order = H5T_ORDER_LE) {
  Handle type(call("H5Tcopy", [&] { return H5Tcopy(predefined(element)); }));
  if (element == ElementType::f16) {  // IEEE half has no predefined type before libhdf5 1.14.4
    call("H5Tset_fields", [&] { return H5Tset_fields(type.id(), 15, 10, 5, 0, 10); });
    call("H5Tset_size", [&] { return H5Tset_size(type.id(), 2); });
    call("H5Tset_ebias", [&] { return H5Tset_ebias(type.id(), 15); });
  }
  call("H5Tset_order", [&] { return H5Tset_order(type.id(), order); });
  return type;
}

Handle make_boolean() {
  Handle type(call("H5Tenum_create", [] { return H5Tenum_create(H5T_STD_I8LE); }));
  for (std::int8_t value = 0; value < 2; ++value) {
    call("H5Tenum_insert", [&] { return H5Tenum_insert(type.id(), value == 0 ? "FALSE" : "TRUE", &value); });
  }
  return type;
}

Handle make_string(std::size_t bytes) {
  Handle type(call("H5Tcopy", [] { return H5Tcopy(H5T_C_S1); }));
  call("H5Tset_size", [&] { return H5Tset_size(type.id(), bytes == 0 ? H5T_VARIABLE : bytes); });
  call("H5Tset_cset", [&] { return H5Tset_cset(type.id(), H5T_CSET_UTF8); });
  if (bytes != 0) call("H5Tset_strpad", [&] { return H5Tset_strpad(type.id(), H5T_STR_NULLPAD); });
  return type;
}

std::optional<ElementType> floating_type(std::int64_t id) {
  for (const ElementType element : {ElementType::f16, ElementType::f32, ElementType::f64}) {
    for (const H5T_order_t order : {H5T_ORDER_LE, H5T_ORDER_BE}) {
      const Handle type = make_number(element, order);
      if (call("H5Tequal", [&] { return H5Tequal(id, type.id()); }) > 0) return element;
    }
  }
  return std::nullopt;
}

std::optional<ElementType> integer_type(std::int64_t id) {
  const std::size_t size = call("H5Tget_size", [&] { return H5Tget_size(id); });
  const std::size_t precision = call("H5Tget_precision", [&] { return H5Tget_precision(id); });
  const int offset = call("H5Tget_offset", [&] { return H5Tget_offset(id); });
  const H5T_order_t order = call("H5Tget_order", [&] { return H5Tget_order(id); });
  const bool is_signed = call("H5Tget_sign", [&] { return H5Tget_sign(id); }) == H5T_SGN_2;
  if (precision != 8 * size || offset != 0 || (order != H5T_ORDER_LE && order != H5T_ORDER_BE)) return {};
  for (std::size_t i = 0; i < 4; ++i) {
    if (size == std::size_t{1} << i) return kIntegers[is_signed ? 1 : 0][i];
  }
  return std::nullopt;
}

bool is_member(std::int64_t id, unsigned index, const char* name, std::int8_t value) {
  std::int8_t stored = -1;
  bool same_name = false;
  call("H5Tget_member_value", [&] {
    char* stored_name = H5Tget_member_name(id, index);
    same_name = stored_name != nullptr && std::strcmp(stored_name, name) == 0;
    H5free_memory(stored_name);
    return H5Tget_member_value(id, index, &stored);
  });
  return same_name && stored == value;
}

bool is_boolean(std::int64_t id) {
  const std::size_t size = call("H5Tget_size", [&] { return H5Tget_size(id); });
  const int members = call("H5Tget_nmembers", [&] { return H5Tget_nmembers(id); });
  return size == 1 && members == 2 && is_member(id, 0, "FALSE", 0) && is_member(id, 1, "TRUE", 1);
}

H5T_class_t type_class(std::int64_t id) {
  return call("H5Tget_class", [&] { return H5Tget_class(id); });
}

}  // namespace

std::size_t StoredType::size() const {
  if (is_number()) return element_size(element);
  return string_bytes == 0 ? sizeof(char*) : string_bytes;
}

std::optional<StoredType> stored_type(std::int64_t type_id) {
  switch (type_class(type_id)) {
    case H5T_FLOAT:
      if (const auto element = floating_type(type_id)) return StoredType{ValueKind::numeric, *element, 0};
      return std::nullopt;
    case H5T_INTEGER:
      if (const auto element = integer_type(type_id)) return StoredType{ValueKind::numeric, *element, 0};
      return std::nullopt;
    case H5T_ENUM:
      if (is_boolean(type_id)) return StoredType{ValueKind::boolean, ElementType::u8, 0};
      return std::nullopt;
    case H5T_STRING: {
      const bool variable = call("H5Tis_variable_str", [&] { return H5Tis_variable_str(type_id); }) > 0;
      const std::size_t bytes = call("H5Tget_size", [&] { return H5Tget_size(type_id); });
      return StoredType{ValueKind::string, ElementType::u8, variable ? 0 : bytes};
    }
    default:
      return std::nullopt;
  }
}

std::string describe_type(std::int64_t type_id) {
  if (const std::optional<StoredType> type = stored_type(type_id)) {
    if (type->kind == ValueKind::boolean) return "bool";
    if (type->is_number()) return std::string(element_name(type->element));
    if (type->is_variable_string()) return "variable-length string";
    return fmt::format("string of {} bytes", type->string_bytes);
  }
  const std::size_t bits = 8 * call("H5Tget_size", [&] { return H5Tget_size(type_id); });
  switch (type_class(type_id)) {
    case H5T_FLOAT:
      return fmt::format("{}-bit float that is not IEEE half, single or double", bits);
    case H5T_INTEGER:
      return fmt::format("{}-bit integer with unused bits or an odd size", bits);
    case H5T_ENUM:
      return "enumeration";
    case H5T_COMPOUND:
      return "compound";
    case H5T_REFERENCE:
      return "reference";
    case H5T_VLEN:
      return "variable-length sequence";
    case H5T_ARRAY:
      return "array elements";
    case H5T_OPAQUE:
      return "opaque bytes";
    case H5T_BITFIELD:
      return "bit field";
    default:
      return "unknown type";
  }
}

Handle make_type(const StoredType& type) {
  switch (type.kind) {
    case ValueKind::boolean:
      return make_boolean();
    case ValueKind::string:
      return make_string(type.string_bytes);
    case ValueKind::numeric:
      break;
  }
  return make_number(type.element);
}

}  // namespace evenscore::h5
