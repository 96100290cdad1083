#include "h5/describe.h"

#include <fmt/format.h>

#include <algorithm>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/chunk_list.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

constexpr int kDeepestCompound = 8;

bool is_big_endian(hid_t type) {
  return call("H5Tget_order", [&] { return H5Tget_order(type); }) == H5T_ORDER_BE;
}

std::uint64_t size_of(hid_t type) {
  return call("H5Tget_size", [&] { return H5Tget_size(type); });
}

H5T_class_t class_of(hid_t type) {
  return call("H5Tget_class", [&] { return H5Tget_class(type); });
}

StoredField plain_field(hid_t type, std::string name, std::uint64_t offset) {
  StoredField field;
  field.name = std::move(name);
  field.offset = offset;
  field.type = stored_type(type);
  field.type_name = describe_type(type);
  if (field.type && field.type->kind == ValueKind::numeric) field.big_endian = is_big_endian(type);
  if (field.type && field.type->kind == ValueKind::string) {
    const H5T_str_t padding = call("H5Tget_strpad", [&] { return H5Tget_strpad(type); });
    field.padding = padding == H5T_STR_SPACEPAD  ? Padding::space_padded
                    : padding == H5T_STR_NULLPAD ? Padding::nul_padded
                                                 : Padding::nul_terminated;
  }
  return field;
}

// The elements of an array member, or one.
StoredField array_field(hid_t type, std::string name, std::uint64_t offset) {
  if (class_of(type) != H5T_ARRAY) return plain_field(type, std::move(name), offset);
  const Handle base(call("H5Tget_super", [&] { return H5Tget_super(type); }));
  StoredField field = plain_field(base.id(), std::move(name), offset);
  field.count = size_of(base.id()) == 0 ? 1 : size_of(type) / size_of(base.id());
  if (field.count != 1) field.type_name = fmt::format("{} x {}", field.count, field.type_name);
  return field;
}

void add_members(hid_t compound, const std::string& prefix, std::uint64_t offset, int depth,
                 const StoredLimits& limits, std::vector<StoredField>& fields) {
  if (depth > kDeepestCompound)
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("its structures are nested deeper than {}", kDeepestCompound));
  const int members = call("H5Tget_nmembers", [&] { return H5Tget_nmembers(compound); });
  for (unsigned i = 0; i < static_cast<unsigned>(members); ++i) {
    std::string name = prefix;
    call("H5Tget_member_name", [&] {
      char* text = H5Tget_member_name(compound, i);
      if (text == nullptr) return -1;
      name += text;
      H5free_memory(text);
      return 0;
    });
    const Handle type(call("H5Tget_member_type", [&] { return H5Tget_member_type(compound, i); }));
    const std::uint64_t at =
        offset + call("H5Tget_member_offset", [&] { return H5Tget_member_offset(compound, i); });
    if (class_of(type.id()) == H5T_COMPOUND) {
      add_members(type.id(), name + ".", at, depth + 1, limits, fields);
    } else {
      fields.push_back(array_field(type.id(), std::move(name), at));
    }
    if (fields.size() > limits.fields)
      throw Error(ErrorCode::limit_exceeded, fmt::format("has more than {} fields", limits.fields));
  }
}

bool has_variable_strings(const StoredDataset& stored) {
  return std::any_of(stored.fields.begin(), stored.fields.end(),
                     [](const StoredField& field) { return field.type && field.type->is_variable_string(); });
}

std::vector<codec::Filter> filters_of_plist(const Handle& properties) {
  const int count = call("H5Pget_nfilters", [&] { return H5Pget_nfilters(properties.id()); });
  std::vector<codec::Filter> filters;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    constexpr std::size_t kMostValues = 256;  // more, and libhdf5 takes it for garbage
    codec::Filter filter;
    filter.values.resize(kMostValues);
    std::size_t values = kMostValues;
    const int id = call("H5Pget_filter", [&] {
      unsigned flags = 0;
      return H5Pget_filter2(properties.id(), i, &flags, &values, filter.values.data(), 0, nullptr, nullptr);
    });
    if (values > kMostValues)
      throw Error(ErrorCode::limit_exceeded, fmt::format("has a filter of {} parameters", values));
    filter.id = static_cast<std::uint32_t>(id);
    filter.values.resize(values);
    filters.push_back(std::move(filter));
  }
  return filters;
}

// The value that elements have which were never written, as the file has it.
std::vector<std::byte> fill_value(const Handle& properties, hid_t type, std::uint64_t element_bytes) {
  H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
  call("H5Pfill_value_defined", [&] { return H5Pfill_value_defined(properties.id(), &defined); });
  if (defined != H5D_FILL_VALUE_USER_DEFINED) return {};
  std::vector<std::byte> fill(static_cast<std::size_t>(element_bytes));
  call("H5Pget_fill_value", [&] { return H5Pget_fill_value(properties.id(), type, fill.data()); });
  return fill;
}

void describe_layout(const Dataset& dataset, hid_t type, bool with_chunks, StoredDataset& stored) {
  const hid_t id = dataset.handle().id();
  const Handle properties(call("H5Dget_create_plist", [&] { return H5Dget_create_plist(id); }));
  const H5D_layout_t layout = call("H5Pget_layout", [&] { return H5Pget_layout(properties.id()); });
  const std::uint64_t allocated = dataset.storage().stored_bytes;
  stored.fill = fill_value(properties, type, stored.element_bytes);
  if (layout == H5D_COMPACT) {
    stored.layout = Layout::compact;
    stored.compact.resize(static_cast<std::size_t>(stored.elements() * stored.element_bytes));
    if (stored.compact.size() > std::size_t{1} << 16)
      throw Error(ErrorCode::corrupt_file, "is compact and larger than 64 KiB");
    if (stored.compact.empty()) return;
    call("H5Dread", [&] { return H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, stored.compact.data()); });
    return;
  }
  if (layout == H5D_CONTIGUOUS) {
    if (allocated > 0) stored.offset = call("H5Dget_offset", [&] { return H5Dget_offset(id); });
    return;
  }
  stored.layout = Layout::chunked;
  stored.chunk = dataset.storage().chunk;
  stored.filters = filters_of_plist(properties);
  if (with_chunks) list_chunks(dataset.handle(), allocated, stored);
}

}  // namespace

StoredDataset describe(const Dataset& dataset, bool with_chunks) {
  try {
    const StoredLimits limits;
    StoredDataset stored;
    stored.path = dataset.path();
    stored.shape = dataset.shape();
    stored.type_name = dataset.type_name();
    const Handle type(call("H5Dget_type", [&] { return H5Dget_type(dataset.handle().id()); }));
    stored.element_bytes = size_of(type.id());
    stored.is_compound = class_of(type.id()) == H5T_COMPOUND;
    if (stored.is_compound) {
      add_members(type.id(), {}, 0, 1, limits, stored.fields);
    } else {
      stored.fields.push_back(plain_field(type.id(), {}, 0));
    }
    stored.texts = dataset.attributes();
    if (stored.shape.size() == 2) {
      stored.row_names = dataset.dimension_names(0).value_or(std::vector<std::string>{});
      stored.column_names = dataset.dimension_names(1).value_or(std::vector<std::string>{});
    }
    if (!has_variable_strings(stored)) describe_layout(dataset, type.id(), with_chunks, stored);
    return stored;
  } catch (const Error& error) {
    if (!error.place().empty()) throw;
    throw Error(error.code(), error.cause(), printable(dataset.path()), error.remedy());
  }
}

}  // namespace evenscore::h5
