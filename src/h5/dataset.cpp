#include "h5/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

constexpr std::uint64_t kLargestChunk = std::uint64_t{256} << 20;
constexpr std::uint64_t kMostNames = 1'000'000;
constexpr std::size_t kMostAttributes = 1024;
constexpr std::uint64_t kMostNameBytes = std::uint64_t{16} << 20;

Handle creation_properties(const Handle& dataset) {
  return Handle(call("H5Dget_create_plist", [&] { return H5Dget_create_plist(dataset.id()); }));
}

Handle type_of(const Handle& dataset) {
  return Handle(call("H5Dget_type", [&] { return H5Dget_type(dataset.id()); }));
}

Handle space_of(const Handle& dataset) {
  return Handle(call("H5Dget_space", [&] { return H5Dget_space(dataset.id()); }));
}

Handle make_space(const std::vector<std::uint64_t>& shape) {
  std::vector<hsize_t> dims(shape.begin(), shape.end());
  return Handle(call("H5Screate_simple",
                     [&] { return H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr); }));
}

[[noreturn]] void refuse_virtual(const Handle& properties) {
  std::array<char, 4096> source{};
  call("H5Pget_virtual_filename",
       [&] { return H5Pget_virtual_filename(properties.id(), 0, source.data(), source.size() - 1); });
  throw Error(ErrorCode::unsupported,
              fmt::format("is a virtual dataset over {} and perhaps other files", printable(source.data())),
              {}, "give those files, or copy the data into one dataset");
}

void refuse_external_files(const Handle& properties) {
  const int count = call("H5Pget_external_count", [&] { return H5Pget_external_count(properties.id()); });
  if (count == 0) return;
  std::array<char, 4096> name{};
  call("H5Pget_external",
       [&] { return H5Pget_external(properties.id(), 0, name.size() - 1, name.data(), nullptr, nullptr); });
  throw Error(ErrorCode::unsupported, fmt::format("keeps its data in the file {}", printable(name.data())),
              {}, "copy the data into this file");
}

std::vector<std::uint64_t> chunk_shape(const Handle& properties) {
  std::array<hsize_t, H5S_MAX_RANK> dims{};
  const int rank =
      call("H5Pget_chunk", [&] { return H5Pget_chunk(properties.id(), H5S_MAX_RANK, dims.data()); });
  return {dims.begin(), dims.begin() + rank};
}

std::vector<std::string> split_variable(const std::vector<char*>& pointers, std::uint64_t most_bytes) {
  std::vector<std::string> strings;
  strings.reserve(pointers.size());
  std::uint64_t total = 0;
  for (const char* text : pointers) {
    strings.emplace_back(text == nullptr ? "" : text);
    total += strings.back().size();
    if (total > most_bytes) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("its strings take more than {} bytes", most_bytes));
    }
    if (!is_utf8(strings.back())) throw Error(ErrorCode::corrupt_file, "holds text that is not UTF-8");
  }
  return strings;
}

// Reads strings of either kind; `read` fills a buffer of `count` elements of the memory type it is given.
template <typename Read>
std::vector<std::string> read_text(std::int64_t type_id, std::uint64_t count, std::uint64_t most_bytes,
                                   Read read) {
  const StoredType type = *stored_type(type_id);
  const std::optional<std::uint64_t> bytes = checked_product(count, type.size());
  if (!bytes || *bytes > most_bytes) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("its strings take more than {} bytes", most_bytes));
  }
  const Handle memory = string_memory_type(type_id);
  if (!type.is_variable_string()) {
    std::vector<std::byte> buffer(*bytes);
    read(memory, buffer.data());
    return split_strings(buffer, type.string_bytes);
  }
  std::vector<char*> pointers(count, nullptr);
  const Handle space = make_space({count});
  const auto reclaim = [&] {
    call("H5Dvlen_reclaim",
         [&] { return H5Dvlen_reclaim(memory.id(), space.id(), H5P_DEFAULT, pointers.data()); });
  };
  try {
    read(memory, pointers.data());
    std::vector<std::string> strings = split_variable(pointers, most_bytes);
    reclaim();
    return strings;
  } catch (const Error&) {
    reclaim();
    throw;
  }
}

Error located(const Error& error, const std::string& place) {
  if (!error.place().empty() || !error.file().empty()) return error;
  return Error(error.code(), error.cause(), place, error.remedy());
}

// Runs `function`; an Error of it says which file and object it is about.
template <typename Function>
auto naming(const File& file, const std::string& place, Function&& function) {
  try {
    return function();
  } catch (const Error& error) {
    throw located(error, printable(place)).in_file(file.path());
  }
}

std::optional<std::vector<std::string>> read_string_attribute(const Handle& object, const std::string& name) {
  if (call("H5Aexists", [&] { return H5Aexists(object.id(), name.c_str()); }) == 0) return std::nullopt;
  const Handle attribute(call("H5Aopen", [&] { return H5Aopen(object.id(), name.c_str(), H5P_DEFAULT); }));
  const Handle type(call("H5Aget_type", [&] { return H5Aget_type(attribute.id()); }));
  const std::optional<StoredType> stored = stored_type(type.id());
  if (!stored || stored->kind != ValueKind::string) return std::nullopt;
  const Handle space(call("H5Aget_space", [&] { return H5Aget_space(attribute.id()); }));
  if (call("H5Sget_simple_extent_type", [&] { return H5Sget_simple_extent_type(space.id()); }) == H5S_NULL)
    return std::nullopt;
  std::optional<std::uint64_t> count = 1;
  for (const std::uint64_t extent : shape_of(space)) count = count ? checked_product(*count, extent) : count;
  if (!count || *count > kMostNames) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("attribute {} has too many strings", printable(name)));
  }
  if (*count == 0) return std::vector<std::string>{};
  return read_text(type.id(), *count, kMostNameBytes, [&](const Handle& memory, void* destination) {
    call("H5Aread", [&] { return H5Aread(attribute.id(), memory.id(), destination); });
  });
}

struct NameCollector {
  std::vector<std::string> names;
  bool too_many = false;
};

extern "C" herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* data) {
  auto& collector = *static_cast<NameCollector*>(data);
  if (collector.names.size() >= kMostAttributes) {
    collector.too_many = true;
    return 1;
  }
  collector.names.emplace_back(name);
  return 0;
}

std::map<std::string, std::vector<std::string>> read_attributes(const Handle& object) {
  NameCollector collector;
  call("H5Aiterate", [&] {
    return H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, &collector);
  });
  if (collector.too_many)
    throw Error(ErrorCode::limit_exceeded, fmt::format("has more than {} attributes", kMostAttributes));
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& name : collector.names)
    found[name] = read_string_attribute(object, name).value_or(std::vector<std::string>{});
  return found;
}

Handle open_dataset(const File& file, const Location& location) {
  Handle object = file.open(location);
  if (!is_dataset(object)) throw Error(ErrorCode::bad_request, "is not a dataset");
  return object;
}

}  // namespace

std::vector<int> filters_of(const Handle& dataset) {
  const Handle properties = creation_properties(dataset);
  const int count = call("H5Pget_nfilters", [&] { return H5Pget_nfilters(properties.id()); });
  std::vector<int> filters;
  for (int i = 0; i < count; ++i) {
    filters.push_back(call("H5Pget_filter", [&] {
      unsigned flags = 0;
      std::size_t values = 0;
      return H5Pget_filter2(properties.id(), static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr,
                            nullptr);
    }));
  }
  return filters;
}

Storage checked_storage(const Handle& dataset) {
  const Handle properties = creation_properties(dataset);
  const H5D_layout_t layout = call("H5Pget_layout", [&] { return H5Pget_layout(properties.id()); });
  if (layout == H5D_VIRTUAL) refuse_virtual(properties);
  refuse_external_files(properties);
  Storage storage;
  storage.stored_bytes = call("H5Dget_storage_size", [&] { return H5Dget_storage_size(dataset.id()); });
  if (layout != H5D_CHUNKED) return storage;
  storage.chunk = chunk_shape(properties);
  const std::vector<int> filters = filters_of(dataset);
  storage.is_filtered = !filters.empty();
  const Handle type = type_of(dataset);
  std::optional<std::uint64_t> bytes = call("H5Tget_size", [&] { return H5Tget_size(type.id()); });
  for (const std::uint64_t extent : storage.chunk) bytes = bytes ? checked_product(*bytes, extent) : bytes;
  if (!bytes || *bytes > kLargestChunk) {
    throw Error(
        ErrorCode::limit_exceeded,
        fmt::format("has chunks {} of more than {} MiB", shape_text(storage.chunk), kLargestChunk >> 20), {},
        "write it again with smaller chunks");
  }
  return storage;
}

std::vector<std::uint64_t> shape_of(const Handle& space) {
  const H5S_class_t kind =
      call("H5Sget_simple_extent_type", [&] { return H5Sget_simple_extent_type(space.id()); });
  if (kind == H5S_NULL) throw Error(ErrorCode::unsupported, "holds no value (null dataspace)");
  std::array<hsize_t, H5S_MAX_RANK> dims{};
  const int rank = call("H5Sget_simple_extent_dims",
                        [&] { return H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr); });
  return {dims.begin(), dims.begin() + rank};
}

Dataset::Dataset(const File& file, const std::string& path) : file_(file), path_(path) {
  naming(file_, path_, [&] {
    location_ = file_.locate(path_);
    handle_ = open_dataset(file_, location_);
    storage_ = checked_storage(handle_);
    shape_ = shape_of(space_of(handle_));
    const Handle type = type_of(handle_);
    type_ = stored_type(type.id());
    type_name_ = describe_type(type.id());
    is_compound_ = call("H5Tget_class", [&] { return H5Tget_class(type.id()); }) == H5T_COMPOUND;
  });
}

std::vector<std::string> Dataset::read_strings(std::uint64_t first, std::uint64_t count,
                                               std::uint64_t most_bytes) const {
  if (count == 0) return {};
  return naming(file_, path_, [&] {
    const Handle type = type_of(handle_);
    const Handle file_space = space_of(handle_);
    const hsize_t from = first, extent = count;
    call("H5Sselect_hyperslab", [&] {
      return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, &from, nullptr, &extent, nullptr);
    });
    const Handle memory_space = make_space({count});
    return read_text(type.id(), count, most_bytes, [&](const Handle& memory, void* destination) {
      call("H5Dread", [&] {
        return H5Dread(handle_.id(), memory.id(), memory_space.id(), file_space.id(), H5P_DEFAULT,
                       destination);
      });
    });
  });
}

std::optional<std::vector<std::string>> Dataset::string_attribute(const std::string& name) const {
  return naming(file_, path_, [&] { return read_string_attribute(handle_, name); });
}

std::map<std::string, std::vector<std::string>> Dataset::attributes() const {
  return naming(file_, path_, [&] { return read_attributes(handle_); });
}

std::map<std::string, std::vector<std::string>> attributes_of(const File& file, const std::string& object) {
  return naming(file, object, [&] { return read_attributes(file.open(file.locate(object))); });
}

std::optional<std::string> text_attribute(const File& file, const std::string& object,
                                          const std::string& name) {
  return naming(file, object, [&]() -> std::optional<std::string> {
    const std::optional<std::vector<std::string>> texts =
        read_string_attribute(file.open(file.locate(object)), name);
    if (!texts || texts->size() != 1) return std::nullopt;
    return texts->front();
  });
}

Dataset::Dataset(const File& file, std::string path, Handle handle)
    : file_(file), path_(std::move(path)), handle_(std::move(handle)) {
  shape_ = shape_of(space_of(handle_));
  type_ = stored_type(type_of(handle_).id());
}

std::optional<std::vector<std::string>> Dataset::dimension_names(std::size_t dimension) const {
  constexpr const char* kScales = "DIMENSION_LIST";
  return naming(file_, path_, [&]() -> std::optional<std::vector<std::string>> {
    if (call("H5Aexists", [&] { return H5Aexists(handle_.id(), kScales); }) == 0) return std::nullopt;
    const Handle attribute(call("H5Aopen", [&] { return H5Aopen(handle_.id(), kScales, H5P_DEFAULT); }));
    const Handle space(call("H5Aget_space", [&] { return H5Aget_space(attribute.id()); }));
    if (shape_of(space) != std::vector<std::uint64_t>{shape_.size()}) return std::nullopt;
    const Handle stored(call("H5Aget_type", [&] { return H5Aget_type(attribute.id()); }));
    if (call("H5Tget_class", [&] { return H5Tget_class(stored.id()); }) != H5T_VLEN) return std::nullopt;
    const Handle type(call("H5Tvlen_create", [] { return H5Tvlen_create(H5T_STD_REF_OBJ); }));
    std::vector<hvl_t> scales(shape_.size(), hvl_t{0, nullptr});
    call("H5Aread", [&] { return H5Aread(attribute.id(), type.id(), scales.data()); });
    std::vector<Handle> objects;
    const auto* references = static_cast<const hobj_ref_t*>(scales[dimension].p);
    for (std::size_t i = 0; i < std::min<std::size_t>(scales[dimension].len, 32); ++i) {
      const std::int64_t id = call("H5Rdereference", [&] {
        return std::max<hid_t>(H5Rdereference2(handle_.id(), H5P_DEFAULT, H5R_OBJECT, &references[i]), 0);
      });
      if (id > 0) objects.emplace_back(id);
    }
    call("H5Dvlen_reclaim",
         [&] { return H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, scales.data()); });
    for (Handle& object : objects) {
      if (!is_dataset(object)) continue;
      checked_storage(object);
      const Dataset scale(file_, path_, std::move(object));
      if (!scale.type_ || scale.type_->kind != ValueKind::string) continue;
      if (scale.shape_.size() == 1) return scale.read_strings(0, scale.shape_[0], kMostNameBytes);
    }
    return std::nullopt;
  });
}

Handle string_memory_type(std::int64_t type_id) {
  Handle type(call("H5Tcopy", [&] { return H5Tcopy(type_id); }));
  if (!stored_type(type_id)->is_variable_string()) {
    call("H5Tset_strpad", [&] { return H5Tset_strpad(type.id(), H5T_STR_NULLPAD); });
  }
  return type;
}

std::vector<std::string> split_strings(const std::vector<std::byte>& bytes, std::size_t size) {
  std::vector<std::string> strings;
  for (std::size_t offset = 0; offset < bytes.size(); offset += size) {
    std::string text(reinterpret_cast<const char*>(bytes.data()) + offset, size);
    text.erase(text.find_last_not_of('\0') + 1);
    if (!is_utf8(text)) throw Error(ErrorCode::corrupt_file, "holds text that is not UTF-8");
    strings.push_back(std::move(text));
  }
  return strings;
}

std::optional<std::uint64_t> checked_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

}  // namespace evenscore::h5
