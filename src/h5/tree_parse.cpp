#include "h5/tree_parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/dataset.h"
#include "h5/file.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

struct NameCollector {
  std::vector<std::string> names;
  std::uint64_t most;
  bool too_many = false;
};

extern "C" herr_t collect_name(hid_t, const char* name, const H5A_info_t*, void* data) {
  auto& collector = *static_cast<NameCollector*>(data);
  if (collector.names.size() >= collector.most) {
    collector.too_many = true;
    return 1;
  }
  collector.names.emplace_back(name);
  return 0;
}

class TreeReader {
 public:
  TreeReader(const File& file, const TreeLimits& limits)
      : file_(file), limits_(limits), bytes_left_(limits.bytes) {}

  Node read() { return read_object(file_.open(file_.locate("/")), "/", 0); }

 private:
  Node read_object(const Handle& object, const std::string& place, std::uint64_t depth) {
    try {
      return read_checked(object, place, depth);
    } catch (const Error& error) {
      if (!error.place().empty()) throw;
      throw Error(error.code(), error.cause(), printable(place), error.remedy());
    }
  }

  Node read_checked(const Handle& object, const std::string& place, std::uint64_t depth) {
    if (depth > limits_.depth) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("groups are nested deeper than {}", limits_.depth));
    }
    count_object();
    if (!visited_.insert(object_address(object)).second) {
      throw Error(ErrorCode::corrupt_file, "is linked more than once", {}, "store every object once");
    }
    Node node;
    node.is_dataset = is_dataset(object);
    if (!node.is_dataset && !is_group(object)) {
      throw Error(ErrorCode::unsupported, "is neither a group nor a dataset");
    }
    read_attributes(object, node);
    if (node.is_dataset) {
      node.value = read_dataset(object);
    } else {
      read_children(object, place, depth, node);
    }
    return node;
  }

  void read_children(const Handle& group, const std::string& place, std::uint64_t depth, Node& node) {
    for (const Link& link : links_of(group, limits_.objects - objects_)) {
      check_name(link.name);
      if (!link.is_hard) refuse_link(group, link.name);
      const Handle child(call(
          "H5Oopen", [&] { return H5Oopen(group.id(), link.name.c_str(), H5P_DEFAULT); },
          printable(link.name)));
      const std::string child_place = (place == "/" ? place : place + "/") + link.name;
      node.children.emplace(link.name, read_object(child, child_place, depth + 1));
    }
  }

  void read_attributes(const Handle& object, Node& node) {
    NameCollector collector{{}, limits_.objects - objects_};
    call("H5Aiterate", [&] {
      return H5Aiterate2(object.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &collector);
    });
    if (collector.too_many) throw too_many_objects();
    for (const std::string& name : collector.names) {
      count_object();
      check_name(name);
      try {
        node.attributes.emplace(name, read_attribute(object, name));
      } catch (const Error& error) {
        throw Error(error.code(), fmt::format("attribute {} {}", printable(name), error.cause()), {},
                    error.remedy());
      }
    }
  }

  Value read_attribute(const Handle& object, const std::string& name) {
    const Handle attribute(call("H5Aopen", [&] { return H5Aopen(object.id(), name.c_str(), H5P_DEFAULT); }));
    const Handle type(call("H5Aget_type", [&] { return H5Aget_type(attribute.id()); }));
    const Handle space(call("H5Aget_space", [&] { return H5Aget_space(attribute.id()); }));
    return read_value(
        type, space, [](std::uint64_t) {},
        [&](const Handle& memory, std::byte* destination) {
          call("H5Aread", [&] { return H5Aread(attribute.id(), memory.id(), destination); });
        });
  }

  Value read_dataset(const Handle& dataset) {
    const Handle type(call("H5Dget_type", [&] { return H5Dget_type(dataset.id()); }));
    const Handle space(call("H5Dget_space", [&] { return H5Dget_space(dataset.id()); }));
    const auto check_stored = [&](std::uint64_t bytes) { check_storage(dataset, bytes); };
    return read_value(type, space, check_stored, [&](const Handle& memory, std::byte* destination) {
      call("H5Dread",
           [&] { return H5Dread(dataset.id(), memory.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, destination); });
    });
  }

  // A pipeline holds every value it declares: shape bombs and missing chunks are damage.
  void check_storage(const Handle& dataset, std::uint64_t declared) const {
    constexpr std::uint64_t kDeflateRatio = 1032;
    const Storage storage = checked_storage(dataset);
    for (const int filter : filters_of(dataset)) {
      if (filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32)
        continue;
      throw Error(ErrorCode::unsupported, fmt::format("is stored with the HDF5 filter number {}", filter), {},
                  "write it with gzip, or uncompressed");
    }
    const bool holds = storage.chunk.empty() ? storage.stored_bytes == declared
                                             : declared / kDeflateRatio <= storage.stored_bytes &&
                                                   (declared == 0 || storage.stored_bytes > 0);
    if (holds && storage.stored_bytes <= file_.identity().size) return;
    throw Error(ErrorCode::corrupt_file,
                fmt::format("declares {} bytes and stores {}", declared, storage.stored_bytes));
  }

  template <typename Check, typename Read>
  Value read_value(const Handle& type, const Handle& space, Check check_stored, Read read) {
    const std::optional<StoredType> stored = stored_type(type.id());
    if (!stored || stored->is_variable_string()) {
      throw Error(ErrorCode::unsupported, fmt::format("is of type {}", describe_type(type.id())), {},
                  "a pipeline file holds numbers, booleans and fixed-length strings");
    }
    Value value;
    value.kind = stored->kind;
    value.element = stored->element;
    value.shape = shape_of(space);
    const bool is_text = stored->kind == ValueKind::string;
    const std::uint64_t element_bytes = stored->size() + (is_text ? sizeof(std::string) : 0);
    const std::uint64_t count = charge(value.shape, element_bytes);
    check_stored(count * stored->size());
    std::vector<std::byte> bytes(count * stored->size());
    const Handle memory = is_text ? string_memory_type(type.id()) : make_type(*stored);
    if (count > 0) read(memory, bytes.data());
    if (is_text) {
      value.strings = split_strings(bytes, stored->string_bytes);
      return value;
    }
    const auto is_truth_value = [](std::byte b) { return b <= std::byte{1}; };
    if (stored->kind == ValueKind::boolean && !std::all_of(bytes.begin(), bytes.end(), is_truth_value)) {
      throw Error(ErrorCode::corrupt_file, "holds a boolean that is neither true nor false");
    }
    value.data = std::move(bytes);
    return value;
  }

  // Takes the memory of a value from what the limits leave; returns its number of elements. Extents beside a
  // zero are checked too: whoever multiplies them must not overflow.
  std::uint64_t charge(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
    std::optional<std::uint64_t> bytes = element_bytes;
    bool is_empty = false;
    for (const std::uint64_t extent : shape) {
      is_empty = is_empty || extent == 0;
      bytes = bytes ? checked_product(*bytes, std::max<std::uint64_t>(extent, 1)) : bytes;
    }
    if (!bytes || *bytes > bytes_left_) {
      throw Error(ErrorCode::limit_exceeded,
                  fmt::format("has shape {}: the file's values take more than {} bytes", shape_text(shape),
                              limits_.bytes),
                  {}, "raise the limit if the file is trusted");
    }
    if (is_empty) return 0;
    bytes_left_ -= *bytes;
    return *bytes / element_bytes;
  }

  void count_object() {
    if (objects_ >= limits_.objects) throw too_many_objects();
    ++objects_;
  }

  Error too_many_objects() const {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("the file holds more than {} objects", limits_.objects));
  }

  void check_name(const std::string& name) const {
    if (name.size() > limits_.name_length) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("a name of {} bytes", name.size()));
    }
    if (!is_utf8(name))
      throw Error(ErrorCode::corrupt_file, fmt::format("name {} is not UTF-8", printable(name)));
  }

  const File& file_;
  const TreeLimits& limits_;
  std::uint64_t bytes_left_;
  std::uint64_t objects_ = 0;
  std::set<std::uint64_t> visited_;
};

}  // namespace

Node parse_tree(const File& file, const TreeLimits& limits) {
  try {
    return TreeReader(file, limits).read();
  } catch (const Error& error) {
    throw error.in_file(file.path());
  }
}

}  // namespace evenscore::h5
