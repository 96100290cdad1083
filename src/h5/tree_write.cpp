#include <fmt/format.h>

#include <atomic>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/part_file.h"
#include "h5/text.h"
#include "h5/tree.h"
#include "h5/value_write.h"

namespace evenscore::h5 {
namespace {

constexpr ErrorCode kWriting = ErrorCode::storage_failure;

void check_name(const std::string& name) {
  const bool valid = !name.empty() && name != "." && name.find_first_of(std::string("/\0", 2)) == name.npos;
  if (valid && is_utf8(name)) return;
  throw Error(ErrorCode::bad_request, fmt::format("\"{}\" cannot be a name in HDF5", printable(name)));
}

void write_attributes(const Handle& object, const Node& node) {
  for (const auto& [name, value] : node.attributes) {
    check_name(name);
    write_attribute(object, name, value);
  }
}

void write_dataset(const Handle& group, const std::string& name, const Node& node) {
  const Value& value = node.value;
  check_value(value);
  const bool is_text = value.kind == ValueKind::string;
  const std::size_t size = is_text ? string_bytes(value) : 0;
  const Handle type = make_type({value.kind, value.element, size});
  const Handle space = make_value_space(value.shape);
  const Handle properties = contiguous_properties();
  const Handle dataset(call(
      "H5Dcreate",
      [&] {
        return H5Dcreate2(group.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, properties.id(),
                          H5P_DEFAULT);
      },
      printable(name), kWriting));
  write_attributes(dataset, node);
  const std::vector<std::byte> joined = is_text ? join_strings(value, size) : std::vector<std::byte>{};
  const std::vector<std::byte>& bytes = is_text ? joined : value.data;
  if (bytes.empty()) return;
  call(
      "H5Dwrite",
      [&] { return H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()); },
      printable(name), kWriting);
}

void write_children(const Handle& group, const Node& node) {
  for (const auto& entry : node.children) {
    const std::string& name = entry.first;
    const Node& child = entry.second;
    check_name(name);
    if (child.is_dataset) {
      write_dataset(group, name, child);
      continue;
    }
    const Handle properties(call("H5Pcreate", [] { return H5Pcreate(H5P_GROUP_CREATE); }));
    call("H5Pset_obj_track_times", [&] { return H5Pset_obj_track_times(properties.id(), false); });
    const Handle subgroup(call(
        "H5Gcreate",
        [&] { return H5Gcreate2(group.id(), name.c_str(), H5P_DEFAULT, properties.id(), H5P_DEFAULT); },
        printable(name), kWriting));
    write_attributes(subgroup, child);
    write_children(subgroup, child);
  }
}

// The file's bytes are made in memory, so that libhdf5 never meets a full disk: it cannot close a file it
// fails to flush, and would keep the space.
std::vector<std::byte> file_image(const Node& root) {
  static std::atomic<std::uint64_t> next{0};
  const std::string name =
      fmt::format("evenscore image {}", next++);  // the memory driver tells files by name
  const Handle access(call("H5Pcreate", [] { return H5Pcreate(H5P_FILE_ACCESS); }));
  call("H5Pset_fapl_core", [&] { return H5Pset_fapl_core(access.id(), std::size_t{1} << 20, false); });
  call("H5Pset_libver_bounds",
       [&] { return H5Pset_libver_bounds(access.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST); });
  const Handle creation(call("H5Pcreate", [] { return H5Pcreate(H5P_FILE_CREATE); }));
  call("H5Pset_obj_track_times", [&] { return H5Pset_obj_track_times(creation.id(), false); });
  const Handle file(call(
      "H5Fcreate", [&] { return H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()); }, {},
      kWriting));
  const Handle group(call("H5Gopen", [&] { return H5Gopen2(file.id(), "/", H5P_DEFAULT); }));
  write_attributes(group, root);
  write_children(group, root);
  call(
      "H5Fflush", [&] { return H5Fflush(file.id(), H5F_SCOPE_LOCAL); }, {}, kWriting);
  const ssize_t size = call(
      "H5Fget_file_image", [&] { return H5Fget_file_image(file.id(), nullptr, 0); }, {}, kWriting);
  std::vector<std::byte> image(static_cast<std::size_t>(size));
  call(
      "H5Fget_file_image", [&] { return H5Fget_file_image(file.id(), image.data(), image.size()); }, {},
      kWriting);
  return image;
}

}  // namespace

void write_tree(const std::string& path, const Node& root, bool overwrite) {
  try {
    if (root.is_dataset) throw Error(ErrorCode::bad_request, "the root of a tree is a group");
    const std::vector<std::byte> image = file_image(root);
    PartFile file(path, overwrite);
    file.reserve(image.size());
    file.write_at(0, image);
    file.commit();
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore::h5
