#include "h5/contiguous_file.h"

#include <fmt/format.h>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/dataset.h"
#include "h5/value_write.h"

namespace evenscore::h5 {
namespace {

constexpr ErrorCode kWriting = ErrorCode::storage_failure;
constexpr hsize_t kAlignFrom = 65'536;
constexpr hsize_t kAlignment = 4096;

Handle write_access() {
  Handle access(call("H5Pcreate", [] { return H5Pcreate(H5P_FILE_ACCESS); }));
  call("H5Pset_fapl_sec2", [&] { return H5Pset_fapl_sec2(access.id()); });
  call("H5Pset_file_locking", [&] { return H5Pset_file_locking(access.id(), false, true); });
  call("H5Pset_alignment", [&] { return H5Pset_alignment(access.id(), kAlignFrom, kAlignment); });
  call("H5Pset_libver_bounds",
       [&] { return H5Pset_libver_bounds(access.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST); });
  return access;
}

std::uint64_t create_dataset(const Handle& group, const ContiguousDataset& dataset) {
  const Handle type = make_type(dataset.type);
  const Handle space = make_value_space(dataset.shape);
  const Handle properties = contiguous_properties();
  const Handle handle(call(
      "H5Dcreate",
      [&] {
        return H5Dcreate2(group.id(), dataset.name.c_str(), type.id(), space.id(), H5P_DEFAULT,
                          properties.id(), H5P_DEFAULT);
      },
      dataset.name, kWriting));
  if (dataset.bytes() == 0) return 0;
  return call(
      "H5Dget_offset", [&] { return H5Dget_offset(handle.id()); }, dataset.name, kWriting);
}

}  // namespace

std::uint64_t ContiguousDataset::bytes() const {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  std::optional<std::uint64_t> bytes = type.size();
  for (const std::uint64_t extent : shape) bytes = bytes ? checked_product(*bytes, extent) : bytes;
  if (!bytes || *bytes > kMost) {
    throw Error(ErrorCode::limit_exceeded, "is larger than a file can be", name);
  }
  return *bytes;
}

std::vector<std::uint64_t> create_contiguous_file(const std::string& path,
                                                  const std::vector<ContiguousDataset>& datasets,
                                                  const std::map<std::string, Value>& attributes) {
  const Handle access = write_access();
  const Handle creation(call("H5Pcreate", [] { return H5Pcreate(H5P_FILE_CREATE); }));
  call("H5Pset_obj_track_times", [&] { return H5Pset_obj_track_times(creation.id(), false); });
  Handle file(call(
      "H5Fcreate", [&] { return H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()); }, {},
      kWriting));
  std::vector<std::uint64_t> offsets;
  {
    const Handle root(call("H5Gopen", [&] { return H5Gopen2(file.id(), "/", H5P_DEFAULT); }));
    for (const auto& [name, value] : attributes) write_attribute(root, name, value);
    for (const ContiguousDataset& dataset : datasets) offsets.push_back(create_dataset(root, dataset));
  }
  close_file(std::move(file));
  return offsets;
}

}  // namespace evenscore::h5
