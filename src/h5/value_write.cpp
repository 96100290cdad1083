#include "h5/value_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

constexpr std::size_t kLargestAttribute = 64'000;  // HDF5 keeps attributes in messages of less than 64 KiB

}  // namespace

std::size_t string_bytes(const Value& value) {
  std::size_t longest = 1;
  for (const std::string& text : value.strings) longest = std::max(longest, text.size());
  return longest;
}

std::vector<std::byte> join_strings(const Value& value, std::size_t size) {
  std::vector<std::byte> bytes(size * value.strings.size());
  for (std::size_t i = 0; i < value.strings.size(); ++i) {
    std::memcpy(bytes.data() + i * size, value.strings[i].data(), value.strings[i].size());
  }
  return bytes;
}

void check_value(const Value& value) {
  std::optional<std::uint64_t> count = 1;
  for (const std::uint64_t extent : value.shape) count = count ? checked_product(*count, extent) : count;
  const bool is_text = value.kind == ValueKind::string;
  const std::size_t held = is_text ? value.strings.size() : value.data.size();
  const std::size_t unit = is_text ? 1 : element_size(value.element);
  if (value.shape.size() > H5S_MAX_RANK || !count || checked_product(*count, unit) != held) {
    throw Error(ErrorCode::bad_request,
                fmt::format("shape {} contradicts its data", shape_text(value.shape)));
  }
  for (const std::string& text : value.strings) {
    if (!is_utf8(text) || text.ends_with('\0')) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("the text \"{}\" is not UTF-8 or ends in a NUL", printable(text)));
    }
  }
}

void write_attribute(const Handle& object, const std::string& name, const Value& value) {
  check_value(value);
  const bool is_text = value.kind == ValueKind::string;
  const std::size_t size = is_text ? string_bytes(value) : 0;
  const std::vector<std::byte> joined = is_text ? join_strings(value, size) : std::vector<std::byte>{};
  const std::vector<std::byte>& bytes = is_text ? joined : value.data;
  if (bytes.size() > kLargestAttribute) {
    throw Error(ErrorCode::bad_request,
                fmt::format("attribute {} has {} bytes, HDF5 holds {}", printable(name), bytes.size(),
                            kLargestAttribute),
                {}, "store it as a dataset");
  }
  const Handle type = make_type({value.kind, value.element, size});
  const Handle space = make_value_space(value.shape);
  const Handle attribute(call(
      "H5Acreate",
      [&] { return H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT); },
      printable(name), ErrorCode::storage_failure));
  if (bytes.empty()) return;
  call(
      "H5Awrite", [&] { return H5Awrite(attribute.id(), type.id(), bytes.data()); }, printable(name),
      ErrorCode::storage_failure);
}

Handle make_value_space(const std::vector<std::uint64_t>& shape) {
  if (shape.empty()) return Handle(call("H5Screate", [] { return H5Screate(H5S_SCALAR); }));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return Handle(call("H5Screate_simple",
                     [&] { return H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr); }));
}

Handle contiguous_properties() {
  Handle properties(call("H5Pcreate", [] { return H5Pcreate(H5P_DATASET_CREATE); }));
  call("H5Pset_layout", [&] { return H5Pset_layout(properties.id(), H5D_CONTIGUOUS); });
  call("H5Pset_alloc_time", [&] { return H5Pset_alloc_time(properties.id(), H5D_ALLOC_TIME_EARLY); });
  call("H5Pset_fill_time", [&] { return H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER); });
  call("H5Pset_obj_track_times", [&] { return H5Pset_obj_track_times(properties.id(), false); });
  return properties;
}

Value text_value(std::string text) {
  return {ValueKind::string, ElementType::u8, {}, {}, {std::move(text)}};
}

Value count_value(std::uint64_t count) {
  Value value{ValueKind::numeric, ElementType::u64, {}, std::vector<std::byte>(sizeof count), {}};
  std::memcpy(value.data.data(), &count, sizeof count);
  return value;
}

}  // namespace evenscore::h5
