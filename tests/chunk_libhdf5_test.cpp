// Chunks that libhdf5 filtered, decoded to the bytes that libhdf5 reads.
#include <gtest/gtest.h>

#include <string>

#include "support/written_chunk.h"

namespace evenscore::codec {
namespace {

using namespace test;

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

}  // namespace
}  // namespace evenscore::codec
