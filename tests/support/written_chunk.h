// A chunk that libhdf5 writes and reads, for tests of codec/chunk_decoder.h.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "codec/chunk_decoder.h"
#include "evenscore/error.h"
#include "support/h5_files.h"

namespace evenscore::test {

/// A dataset of one chunk, as it is stored and as libhdf5 reads it.
struct Written {
  std::vector<codec::Filter> filters;
  std::uint32_t skipped = 0;
  std::vector<std::byte> stored, values;
  std::size_t element_bytes = 0;
};

inline std::vector<codec::Filter> filters_of(hid_t dataset) {
  const hid_t properties = valid(H5Dget_create_plist(dataset));
  std::vector<codec::Filter> filters;
  for (unsigned i = 0; i < static_cast<unsigned>(H5Pget_nfilters(properties)); ++i) {
    unsigned flags = 0;
    std::size_t count = 64;
    std::vector<unsigned> values(count);
    const auto id = H5Pget_filter2(properties, i, &flags, &count, values.data(), 0, nullptr, nullptr);
    values.resize(count);
    filters.push_back({static_cast<std::uint32_t>(id), {values.begin(), values.end()}});
  }
  H5Pclose(properties);
  return filters;
}

using AddFilters = void (*)(hid_t properties);

/// `data` as rows of elements of `type`, written to a file in memory; takes the type over.
inline Written write(hid_t type, std::span<const std::byte> data, AddFilters add_filters,
                     const void* fill = nullptr, hsize_t columns = 1) {
  // What adds no filter would compare nothing.
  const auto fail = [](hid_t, void*) -> herr_t {
    ADD_FAILURE() << "libhdf5 refused a call";
    return 0;
  };
  H5Eset_auto2(H5E_DEFAULT, fail, nullptr);
  Written written;
  written.element_bytes = H5Tget_size(type);
  const hsize_t shape[] = {data.size() / written.element_bytes / columns, columns};
  const int rank = columns == 1 ? 1 : 2;
  const hid_t access = valid(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_fapl_core(access, 1 << 16, 0);
  const hid_t file = valid(H5Fcreate("chunk.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access));
  const hid_t properties = valid(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(properties, rank, shape);
  if (fill != nullptr) H5Pset_fill_value(properties, type, fill);
  add_filters(properties);
  const hid_t space = valid(H5Screate_simple(rank, shape, nullptr));
  const hid_t dataset = valid(H5Dcreate2(file, "rows", type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  valid(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data.data()));
  H5Dflush(dataset);
  const hsize_t first[] = {0, 0};
  hsize_t bytes = 0;
  H5Dget_chunk_storage_size(dataset, first, &bytes);
  written.stored.resize(bytes);
  valid(H5Dread_chunk(dataset, H5P_DEFAULT, first, &written.skipped, written.stored.data()));
  written.filters = filters_of(dataset);
  H5Dclose(dataset);
  // Opened again, so that what is read was filtered and not kept.
  const hid_t again = valid(H5Dopen2(file, "rows", H5P_DEFAULT));
  written.values.resize(data.size());
  valid(H5Dread(again, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, written.values.data()));
  H5Dclose(again);
  H5Sclose(space);
  H5Pclose(properties);
  H5Fclose(file);
  H5Pclose(access);
  H5Tclose(type);
  return written;
}

inline std::vector<std::byte> decode(const Written& written, std::span<const std::byte> stored) {
  static codec::Workspace workspace;
  const codec::ChunkDecoder decoder(written.filters, written.values.size(), written.element_bytes);
  EXPECT_GE(decoder.most_stored_bytes(), written.stored.size());
  std::vector<std::byte> chunk(written.values.size());
  decoder.decode(stored, written.skipped, chunk, workspace);
  return chunk;
}

inline void expect_same(const Written& written, const std::string& what) {
  SCOPED_TRACE(what + ", " + std::to_string(written.values.size()) + " bytes stored in " +
               std::to_string(written.stored.size()) + ", skipped " + std::to_string(written.skipped));
  EXPECT_TRUE(decode(written, written.stored) == written.values);
}

/// Every chunk that ends too early is refused; a changed one is refused or decodes to some chunk.
inline void expect_damage_is_refused(const Written& written, const std::string& what) {
  SCOPED_TRACE(what);
  for (std::size_t size = 0; size < written.stored.size(); ++size) {
    const std::vector<std::byte> cut(written.stored.begin(),
                                     written.stored.begin() + static_cast<std::ptrdiff_t>(size));
    SCOPED_TRACE("the first " + std::to_string(size) + " of " + std::to_string(written.stored.size()));
    try {
      // What szip fills its last scanline up with may be missing.
      const bool szip = std::any_of(written.filters.begin(), written.filters.end(),
                                    [](const codec::Filter& filter) { return filter.id == H5Z_FILTER_SZIP; });
      EXPECT_TRUE(decode(written, cut) == written.values && szip);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_file) << error.what();
    }
  }
  std::vector<std::byte> changed = written.stored;
  for (std::size_t bit = 0; bit < changed.size() * 8; ++bit) {
    changed[bit / 8] ^= std::byte{1} << bit % 8;
    try {
      decode(written, changed);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::corrupt_file) << error.what();
    }
    changed[bit / 8] ^= std::byte{1} << bit % 8;
  }
}

/// Of elements: around the widths of vectors and blocks.
constexpr std::size_t kCounts[] = {1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100, 1021, 4099};

/// Values that compress, or do not.
inline std::vector<std::byte> made_up(std::size_t bytes, bool noise) {
  std::mt19937_64 random(20261128);
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    data[i] = static_cast<std::byte>(noise ? random() : (i / 3 + random() % 4 * (i % 4)) % 7);
  }
  return data;
}

}  // namespace evenscore::test
