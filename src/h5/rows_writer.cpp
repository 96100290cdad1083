#include "h5/rows_writer.h"

#include <hdf5.h>

#include <array>
#include <utility>

#include "h5/call.h"
#include "h5/tree.h"
#include "h5/value_write.h"

namespace evenscore::h5 {
namespace {

StoredType number_type(ElementType element) {
  return {ValueKind::numeric, element, 0};
}

Handle make_properties(const RowsDataset& dataset) {
  Handle properties(call("H5Pcreate", [] { return H5Pcreate(H5P_DATASET_CREATE); }));
  call("H5Pset_obj_track_times", [&] { return H5Pset_obj_track_times(properties.id(), false); });
  call("H5Pset_fill_time", [&] { return H5Pset_fill_time(properties.id(), H5D_FILL_TIME_NEVER); });
  if (dataset.chunk_rows == 0 || dataset.rows == 0) return properties;
  const std::array<hsize_t, 2> chunk{static_cast<hsize_t>(std::min(dataset.chunk_rows, dataset.rows)),
                                     static_cast<hsize_t>(dataset.columns)};
  call("H5Pset_chunk", [&] { return H5Pset_chunk(properties.id(), 2, chunk.data()); });
  if (dataset.gzip_level > 0) {
    call("H5Pset_shuffle", [&] { return H5Pset_shuffle(properties.id()); });
    call("H5Pset_deflate",
         [&] { return H5Pset_deflate(properties.id(), static_cast<unsigned>(dataset.gzip_level)); });
  }
  return properties;
}

}  // namespace

RowsWriter::RowsWriter(const std::string& path, const RowsDataset& dataset, bool overwrite)
    : part_(path, overwrite), dataset_(dataset) {
  if (dataset.gzip_level == 0) {
    part_.check_room(static_cast<std::uint64_t>(dataset.rows * dataset.columns) * element_size(dataset.type));
  }
  constexpr ErrorCode kFailure = ErrorCode::storage_failure;
  const std::string& part = part_.part_path();
  file_ = Handle(call(
      "H5Fcreate", [&] { return H5Fcreate(part.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT); }, part,
      kFailure));
  const Handle properties = make_properties(dataset);
  const Handle type = make_type(number_type(dataset.type));
  const Handle space = make_value_space(
      {static_cast<std::uint64_t>(dataset.rows), static_cast<std::uint64_t>(dataset.columns)});
  data_ = Handle(call(
      "H5Dcreate",
      [&] {
        return H5Dcreate2(file_.id(), dataset.name.c_str(), type.id(), space.id(), H5P_DEFAULT,
                          properties.id(), H5P_DEFAULT);
      },
      part, kFailure));
  if (dataset.feature_names.empty()) return;
  Value names;
  names.kind = ValueKind::string;
  names.shape = {dataset.feature_names.size()};
  names.strings = dataset.feature_names;
  write_attribute(data_, "feature_names", names);
}

void RowsWriter::write(std::int64_t first, std::int64_t n, const std::byte* data) {
  const std::array<hsize_t, 2> start{static_cast<hsize_t>(first), 0};
  const std::array<hsize_t, 2> count{static_cast<hsize_t>(n), static_cast<hsize_t>(dataset_.columns)};
  const Handle type = make_type(number_type(dataset_.type));
  const Handle file_space(call("H5Dget_space", [&] { return H5Dget_space(data_.id()); }));
  const Handle memory_space(
      call("H5Screate_simple", [&] { return H5Screate_simple(2, count.data(), nullptr); }));
  call("H5Sselect_hyperslab", [&] {
    return H5Sselect_hyperslab(file_space.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  });
  call(
      "H5Dwrite",
      [&] { return H5Dwrite(data_.id(), type.id(), memory_space.id(), file_space.id(), H5P_DEFAULT, data); },
      part_.part_path(), ErrorCode::storage_failure);
}

void RowsWriter::finish() {
  data_ = Handle();
  close_file(std::move(file_));
  part_.commit();
}

}  // namespace evenscore::h5
