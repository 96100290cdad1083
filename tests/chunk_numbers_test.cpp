// Numbers that libhdf5 packed into fewer bits, unpacked to the bits that libhdf5 reads.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "support/written_chunk.h"

namespace evenscore::codec {
namespace {

using namespace test;

TEST(ChunkNumbers, NbitOfNumbersWithPadding) {
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
        EXPECT_EQ(written.skipped & 1, 0u) << what;
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
      EXPECT_EQ(written.skipped & 1, 0u) << what;
      expect_same(written, what);
      if (count == 33) expect_damage_is_refused(written, what);
    }
  }
}

TEST(ChunkNumbers, ScaleOffsetOfIntegers) {
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
    EXPECT_EQ(written.skipped & 1, 0u) << what;
    expect_same(written, what);
    if (count == 33) expect_damage_is_refused(written, what);
  }
}

/// As H5Pset_scaleoffset, which takes no negative count, where the filter itself does.
void set_digits(hid_t properties, int digits) {
  const unsigned values[] = {H5Z_SO_FLOAT_DSCALE, static_cast<unsigned>(digits)};
  valid(H5Pset_filter(properties, H5Z_FILTER_SCALEOFFSET, H5Z_FLAG_OPTIONAL, 2, values));
}

TEST(ChunkNumbers, ScaleOffsetOfFloats) {
  const AddFilters choices[] = {
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 0); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 2); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 5); },
      [](hid_t p) { set_digits(p, -1); },
      [](hid_t p) { set_digits(p, -3); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 12); },
      [](hid_t p) { H5Pset_scaleoffset(p, H5Z_SO_FLOAT_DSCALE, 22); },
      [](hid_t p) { set_digits(p, -22); },
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
