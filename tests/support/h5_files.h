#pragma once

#include <hdf5.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore::test {

inline hid_t valid(hid_t id) {
  if (id < 0) throw std::runtime_error("libhdf5 refused a test file");
  return id;
}

struct DatasetLayout {
  std::vector<hsize_t> chunk = {};
  bool shuffle = false;
  int gzip = 0;
  bool fletcher32 = false;
};

/// A type as other writers store it, in either byte order.
inline hid_t stored_type(ElementType element, bool big_endian) {
  const hid_t predefined[] = {H5T_IEEE_F32LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I8LE,
                              H5T_STD_I16LE,  H5T_STD_I32LE,  H5T_STD_I64LE,  H5T_STD_U8LE,
                              H5T_STD_U16LE,  H5T_STD_U32LE,  H5T_STD_U64LE};
  const hid_t type = valid(H5Tcopy(predefined[static_cast<std::size_t>(element)]));
  if (element == ElementType::f16) {
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
  }
  H5Tset_order(type, big_endian ? H5T_ORDER_BE : H5T_ORDER_LE);
  return type;
}

inline hid_t boolean_type() {
  const hid_t type = valid(H5Tenum_create(H5T_STD_I8LE));
  std::int8_t value = 0;
  H5Tenum_insert(type, "FALSE", &value);
  value = 1;
  H5Tenum_insert(type, "TRUE", &value);
  return type;
}

inline hid_t string_type(std::size_t size, H5T_str_t padding = H5T_STR_NULLPAD) {
  const hid_t type = valid(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, size);
  H5Tset_cset(type, H5T_CSET_UTF8);
  if (size != H5T_VARIABLE) H5Tset_strpad(type, padding);
  return type;
}

/// Writes an HDF5 file as another program would: straight through the C API.
class FileMaker {
 public:
  explicit FileMaker(const std::string& path)
      : id_(valid(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT))) {}
  FileMaker(const FileMaker&) = delete;
  FileMaker& operator=(const FileMaker&) = delete;
  ~FileMaker() { H5Fclose(id_); }

  hid_t id() const { return id_; }

  void group(const std::string& path) {
    H5Gclose(valid(H5Gcreate2(id_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
  }

  /// `data` holds elements of `type`, already in its byte order; null = nothing is written.
  void dataset(const std::string& path, hid_t type, const std::vector<hsize_t>& shape, const void* data,
               const DatasetLayout& layout = {}) {
    const hid_t space = valid(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
    const hid_t properties = valid(H5Pcreate(H5P_DATASET_CREATE));
    if (!layout.chunk.empty()) {
      H5Pset_chunk(properties, static_cast<int>(layout.chunk.size()), layout.chunk.data());
    }
    if (layout.shuffle) H5Pset_shuffle(properties);
    if (layout.gzip > 0) H5Pset_deflate(properties, static_cast<unsigned>(layout.gzip));
    if (layout.fletcher32) H5Pset_fletcher32(properties);
    const hid_t dataset =
        valid(H5Dcreate2(id_, path.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    if (data != nullptr) valid(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    H5Dclose(dataset);
    H5Pclose(properties);
    H5Sclose(space);
  }

  template <typename T>
  void numbers(const std::string& path, ElementType element, const std::vector<hsize_t>& shape,
               const std::vector<T>& values, const DatasetLayout& layout = {}) {
    const hid_t type = stored_type(element, false);
    dataset(path, type, shape, values.data(), layout);
    H5Tclose(type);
  }

  void strings(const std::string& path, const std::vector<std::string>& texts, bool variable) {
    std::vector<const char*> pointers;
    const std::string joined = join(texts, pointers);
    const hid_t type = string_type(variable ? H5T_VARIABLE : kStringBytes);
    dataset(path, type, {texts.size()}, variable ? static_cast<const void*>(pointers.data()) : joined.data());
    H5Tclose(type);
  }

  void string_attribute(const std::string& object, const std::string& name,
                        const std::vector<std::string>& texts, bool variable) {
    std::vector<const char*> pointers;
    const std::string joined = join(texts, pointers);
    const hsize_t count = texts.size();
    const hid_t type = string_type(variable ? H5T_VARIABLE : kStringBytes);
    const hid_t space = valid(H5Screate_simple(1, &count, nullptr));
    const hid_t attribute = valid(H5Acreate_by_name(id_, object.c_str(), name.c_str(), type, space,
                                                    H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Awrite(attribute, type, variable ? static_cast<const void*>(pointers.data()) : joined.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }

  /// Makes the dataset `scale` the names of `dimension` of `dataset`, as the dimension scale convention
  /// stores it.
  void attach_scale(const std::string& dataset, std::size_t rank, std::size_t dimension,
                    const std::string& scale) {
    hobj_ref_t reference = 0;
    valid(H5Rcreate(&reference, id_, scale.c_str(), H5R_OBJECT, -1));
    std::vector<hvl_t> lists(rank, hvl_t{0, nullptr});
    lists[dimension] = {1, &reference};
    const hsize_t count = rank;
    const hid_t type = valid(H5Tvlen_create(H5T_STD_REF_OBJ));
    const hid_t space = valid(H5Screate_simple(1, &count, nullptr));
    const hid_t attribute = valid(H5Acreate_by_name(id_, dataset.c_str(), "DIMENSION_LIST", type, space,
                                                    H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Awrite(attribute, type, lists.data());
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }

 private:
  static constexpr std::size_t kStringBytes = 16;

  static std::string join(const std::vector<std::string>& texts, std::vector<const char*>& pointers) {
    std::string joined;
    for (const std::string& text : texts) {
      pointers.push_back(text.c_str());
      std::string padded = text;
      padded.resize(kStringBytes, '\0');
      joined += padded;
    }
    return joined;
  }

  hid_t id_;
};

}  // namespace evenscore::test
