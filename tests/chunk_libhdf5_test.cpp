// Chunks that libhdf5 wrote, decoded to the bytes that libhdf5 reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "codec/chunk_decoder.h"
#include "evenscore/error.h"
#include "support/h5_files.h"

namespace evenscore::codec {
namespace {

using test::valid;

/// A dataset of one chunk, as it is stored and as libhdf5 reads it.
struct Written {
  std::vector<Filter> filters;
  std::uint32_t skipped = 0;
  std::vector<std::byte> stored, values;
  std::size_t element_bytes = 0;
};

std::vector<Filter> filters_of(hid_t dataset) {
  const hid_t properties = valid(H5Dget_create_plist(dataset));
  std::vector<Filter> filters;
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
Written write(hid_t type, std::span<const std::byte> data, AddFilters add_filters, const void* fill = nullptr,
              hsize_t columns = 1) {
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

std::vector<std::byte> decode(const Written& written, std::span<const std::byte> stored) {
  static Workspace workspace;
  const ChunkDecoder decoder(written.filters, written.values.size(), written.element_bytes);
  EXPECT_GE(decoder.most_stored_bytes(), written.stored.size());
  std::vector<std::byte> chunk(written.values.size());
  decoder.decode(stored, written.skipped, chunk, workspace);
  return chunk;
}

void expect_same(const Written& written, const std::string& what) {
  SCOPED_TRACE(what + ", " + std::to_string(written.values.size()) + " bytes stored in " +
               std::to_string(written.stored.size()) + ", skipped " + std::to_string(written.skipped));
  EXPECT_TRUE(decode(written, written.stored) == written.values);
}

/// Every chunk that ends too early is refused; a changed one is refused or decodes to some chunk.
void expect_damage_is_refused(const Written& written, const std::string& what) {
  SCOPED_TRACE(what);
  for (std::size_t size = 0; size < written.stored.size(); ++size) {
    const std::vector<std::byte> cut(written.stored.begin(),
                                     written.stored.begin() + static_cast<std::ptrdiff_t>(size));
    SCOPED_TRACE("the first " + std::to_string(size) + " of " + std::to_string(written.stored.size()));
    try {
      // What szip fills its last scanline up with may be missing.
      const bool szip = std::any_of(written.filters.begin(), written.filters.end(),
                                    [](const Filter& filter) { return filter.id == H5Z_FILTER_SZIP; });
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

constexpr std::size_t kCounts[] = {1, 2, 7, 8, 9, 15, 16, 17, 33, 64, 100, 1021, 4099};

/// Values that compress, or do not.
std::vector<std::byte> made_up(std::size_t bytes, bool noise) {
  std::mt19937_64 random(20261128);
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    data[i] = static_cast<std::byte>(noise ? random() : (i / 3 + random() % 4 * (i % 4)) % 7);
  }
  return data;
}

struct Case {
  const char* name;
  AddFilters add_filters;
  std::size_t least = 1;  ///< elements that libhdf5 wants
};

const Case kCases[] = {
    {"none", [](hid_t) {}},
    {"gzip", [](hid_t p) { H5Pset_deflate(p, 4); }},
    {"gzip_stored", [](hid_t p) { H5Pset_deflate(p, 0); }},
    {"shuffle", [](hid_t p) { H5Pset_shuffle(p); }},
    {"fletcher32", [](hid_t p) { H5Pset_fletcher32(p); }},
    {"shuffle_gzip",
     [](hid_t p) {
       H5Pset_shuffle(p);
       H5Pset_deflate(p, 9);
     }},
    {"fletcher32_shuffle_gzip",
     [](hid_t p) {
       H5Pset_fletcher32(p);
       H5Pset_shuffle(p);
       H5Pset_deflate(p, 1);
     }},
    {"shuffle_gzip_fletcher32",
     [](hid_t p) {
       H5Pset_shuffle(p);
       H5Pset_deflate(p, 6);
       H5Pset_fletcher32(p);
     }},
    {"gzip_fletcher32_shuffle",
     [](hid_t p) {
       H5Pset_deflate(p, 0);
       H5Pset_filter(p, H5Z_FILTER_FLETCHER32, H5Z_FLAG_MANDATORY, 0, nullptr);
       H5Pset_shuffle(p);
     }},
    {"szip", [](hid_t p) { H5Pset_szip(p, H5_SZIP_NN_OPTION_MASK, 8); }, 8},
    {"szip_entropy", [](hid_t p) { H5Pset_szip(p, H5_SZIP_EC_OPTION_MASK, 16); }, 16},
    {"shuffle_szip",
     [](hid_t p) {
       H5Pset_shuffle(p);
       H5Pset_szip(p, H5_SZIP_NN_OPTION_MASK, 32);
     },
     32},
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

class LibhdfFilters : public testing::TestWithParam<Case> {};

TEST_P(LibhdfFilters, DecodeToWhatLibhdfReads) {
  for (const std::size_t count : kCounts) {
    if (count < GetParam().least) continue;
    for (const hid_t type : {H5T_STD_U8LE, H5T_STD_I16BE, H5T_IEEE_F32LE, H5T_IEEE_F64LE}) {
      for (const bool noise : {false, true}) {
        const std::size_t size = H5Tget_size(type);
        const Written written =
            write(valid(H5Tcopy(type)), made_up(count * size, noise), GetParam().add_filters);
        expect_same(written, std::to_string(count) + " of " + std::to_string(size) + (noise ? " noise" : ""));
      }
    }
  }
}

TEST_P(LibhdfFilters, RefuseDamage) {
  for (const hid_t type : {H5T_STD_U8LE, H5T_IEEE_F32LE}) {
    for (const bool noise : {false, true}) {
      const auto data = made_up(37 * H5Tget_size(type), noise);
      expect_damage_is_refused(write(valid(H5Tcopy(type)), data, GetParam().add_filters), GetParam().name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ChunkLibhdf5, LibhdfFilters, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(ChunkLibhdf5, SzipOfScanlinesThatAreNoWholeBlocks) {
  const AddFilters choices[] = {[](hid_t p) { H5Pset_szip(p, H5_SZIP_NN_OPTION_MASK, 8); },
                                [](hid_t p) { H5Pset_szip(p, H5_SZIP_EC_OPTION_MASK, 6); }};
  for (const AddFilters szip : choices) {
    for (const hid_t type : {H5T_STD_U8LE, H5T_STD_I16LE, H5T_STD_U16BE, H5T_IEEE_F32LE, H5T_IEEE_F64LE}) {
      for (const hsize_t columns : {2, 8, 10, 13, 1021, 4500}) {
        const std::string what = std::to_string(columns) + " of " + std::to_string(H5Tget_size(type));
        const Written written = write(valid(H5Tcopy(type)), made_up(7 * columns * H5Tget_size(type), false),
                                      szip, nullptr, columns);
        expect_same(written, what);
        if (columns == 10) expect_damage_is_refused(written, what);
      }
    }
  }
}

TEST(ChunkLibhdf5, ShuffleOfElementsOfAnySize) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (const std::size_t count : kCounts) {
      if (count > 200) continue;
      const hid_t type = valid(H5Tcreate(H5T_OPAQUE, size));
      expect_same(write(type, made_up(count * size, true), [](hid_t p) { H5Pset_shuffle(p); }),
                  std::to_string(count) + " of " + std::to_string(size));
    }
  }
}

TEST(ChunkLibhdf5, Fletcher32WithItsBytesSwappedAsOldFilesHaveIt) {
  Written written =
      write(valid(H5Tcopy(H5T_STD_U8LE)), made_up(101, true), [](hid_t p) { H5Pset_fletcher32(p); });
  std::byte* sum = written.stored.data() + 101;
  std::swap(sum[0], sum[1]);
  std::swap(sum[2], sum[3]);
  expect_same(written, "swapped");
}

TEST(ChunkLibhdf5, NbitOfNumbersWithPadding) {
  struct Bits {
    hid_t type;
    std::size_t precision, offset;
  };
  for (const Bits& bits : {Bits{H5T_STD_U8LE, 5, 2},
                           {H5T_STD_I8BE, 1, 7},
                           {H5T_STD_I16LE, 11, 0},
                           {H5T_STD_U16BE, 9, 3},
                           {H5T_STD_U16LE, 16, 0},
                           {H5T_STD_I32LE, 17, 5},
                           {H5T_STD_I32BE, 20, 12},
                           {H5T_STD_U32LE, 31, 1},
                           {H5T_STD_U64LE, 63, 0},
                           {H5T_STD_U64BE, 61, 2},
                           {H5T_STD_I64LE, 8, 50},
                           {H5T_IEEE_F32LE, 32, 0}}) {
    for (const std::size_t count : kCounts) {
      for (const bool packed : {false, true}) {
        const hid_t type = valid(H5Tcopy(bits.type));
        if (H5Tget_class(type) == H5T_INTEGER) {
          H5Tset_precision(type, bits.precision);
          H5Tset_offset(type, static_cast<int>(bits.offset));
        }
        const std::string what = std::to_string(count) + " numbers of " + std::to_string(bits.precision) +
                                 " bits at " + std::to_string(bits.offset);
        const AddFilters nbit = [](hid_t p) { H5Pset_nbit(p); };
        const AddFilters nbit_gzip = [](hid_t p) {
          H5Pset_nbit(p);
          H5Pset_deflate(p, 4);
        };
        const Written written =
            write(type, made_up(count * H5Tget_size(type), true), packed ? nbit_gzip : nbit);
        expect_same(written, what);
        if (count == 33) expect_damage_is_refused(written, what);
      }
    }
  }
}

template <typename T>
void expect_scaled_integers(hid_t little, hid_t big, AddFilters add_filters, T low, T high, bool fill_in) {
  std::mt19937_64 random(1128);
  const T fill = low;
  for (const hid_t native : {little, big}) {
    for (const std::size_t count : kCounts) {
      std::vector<T> values(count);
      for (T& value : values) {
        const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        value = static_cast<T>(static_cast<std::uint64_t>(low) +
                               (span + 1 == 0 ? random() : random() % (span + 1)));
      }
      std::vector<std::byte> data(count * sizeof(T));
      std::byte* to = data.data();
      const auto put = [&](T value) {
        const auto bytes = std::as_bytes(std::span(&value, 1));
        if (native == little) std::copy(bytes.begin(), bytes.end(), to);
        if (native == big) std::reverse_copy(bytes.begin(), bytes.end(), to);
        to += sizeof(T);
      };
      for (const T value : values) put(value);
      std::vector<std::byte> fill_bytes(sizeof(T));
      to = fill_bytes.data();
      put(fill);
      const Written written =
          write(valid(H5Tcopy(native)), data, add_filters, fill_in ? fill_bytes.data() : nullptr);
      const std::string what = std::to_string(count) + " integers of " + std::to_string(sizeof(T)) +
                               (native == big ? ", big-endian" : "");
      expect_same(written, what);
      if (count == 33) expect_damage_is_refused(written, what);
    }
  }
}

TEST(ChunkLibhdf5, ScaleOffsetOfIntegers) {
  const AddFilters choices[] = {
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_INT, 0); },
      [](hid_t p) {
        H5Pset_fill_time(p, H5D_FILL_TIME_NEVER);
        H5Pset_scaleoffset(p, H5Z_SO_INT, 7);
      },
      [](hid_t p) {
        H5Pset_scaleoffset(p, H5Z_SO_INT, 0);
        H5Pset_shuffle(p);
        H5Pset_deflate(p, 4);
        H5Pset_fletcher32(p);
      },
  };
  for (const AddFilters add_filters : choices) {
    for (const bool fill : {false, true}) {
      expect_scaled_integers<std::uint8_t>(H5T_STD_U8LE, H5T_STD_U8BE, add_filters, 3, 90, fill);
      expect_scaled_integers<std::int8_t>(H5T_STD_I8LE, H5T_STD_I8BE, add_filters, -100, -7, fill);
      expect_scaled_integers<std::int8_t>(H5T_STD_I8LE, H5T_STD_I8BE, add_filters, -128, 127, fill);
      expect_scaled_integers<std::int16_t>(H5T_STD_I16LE, H5T_STD_I16BE, add_filters, -300, 400, fill);
      expect_scaled_integers<std::uint16_t>(H5T_STD_U16LE, H5T_STD_U16BE, add_filters, 60000, 60001, fill);
      expect_scaled_integers<std::int32_t>(H5T_STD_I32LE, H5T_STD_I32BE, add_filters, -1 << 30, 1 << 29,
                                           fill);
      expect_scaled_integers<std::uint32_t>(H5T_STD_U32LE, H5T_STD_U32BE, add_filters, 5, 5, fill);
      expect_scaled_integers<std::int64_t>(H5T_STD_I64LE, H5T_STD_I64BE, add_filters, -std::int64_t{1} << 40,
                                           std::int64_t{1} << 60, fill);
      expect_scaled_integers<std::uint64_t>(H5T_STD_U64LE, H5T_STD_U64BE, add_filters, 0, ~std::uint64_t{0},
                                            fill);
    }
  }
}

template <typename T>
void expect_scaled_floats(hid_t type, AddFilters add_filters, T scale, bool fill_in) {
  std::mt19937_64 random(2811);
  const T fill = static_cast<T>(-99.5);
  for (const std::size_t count : kCounts) {
    std::vector<T> values(count);
    for (T& value : values) {
      value = static_cast<T>(static_cast<double>(random() % 2000001) / 1e6 - 1.0) * scale;
      if (fill_in && random() % 5 == 0) value = fill;
    }
    const Written written = write(valid(H5Tcopy(type)), std::as_bytes(std::span<const T>(values)),
                                  add_filters, fill_in ? &fill : nullptr);
    const std::string what = std::to_string(count) + " floats of " + std::to_string(sizeof(T));
    expect_same(written, what);
    if (count == 33) expect_damage_is_refused(written, what);
  }
}

TEST(ChunkLibhdf5, ScaleOffsetOfFloats) {
  const AddFilters choices[] = {
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 0); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 2); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 5); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, -1); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, -3); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 12); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 22); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, -22); },
      [](hid_t p) {
        H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 3);
        H5Pset_deflate(p, 4);
      },
  };
  for (const AddFilters add_filters : choices) {
    for (const bool fill : {false, true}) {
      for (const double scale : {1e-9, 1.0, 100.0, 30000.0}) {
        expect_scaled_floats<float>(H5T_IEEE_F32LE, add_filters, static_cast<float>(scale), fill);
        expect_scaled_floats<double>(H5T_IEEE_F64LE, add_filters, scale, fill);
      }
    }
  }
}

}  // namespace
}  // namespace evenscore::codec
