// Chunks that h5py and hdf5plugin wrote (scripts/make_chunk_samples.py): decoded to the bit, and damaged in
// every way, refused. What libhdf5 itself writes is in chunk_libhdf5_test.cpp.
#include "codec/chunk_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "evenscore/error.h"
#include "support/chunk_sample.h"
#include "support/expect_error.h"

namespace evenscore::codec {
namespace {

using test::ChunkSample;
using test::expect_error;

const std::filesystem::path kFolder = std::filesystem::path(EVENSCORE_TEST_DATA) / "chunks";

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Named {
  std::string name;
  ChunkSample sample;
  std::vector<std::byte> values;
};

void PrintTo(const Named& named, std::ostream* out) {
  *out << named.name;
}

std::vector<Named> all_samples() {
  std::vector<Named> samples;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".chunk") continue;
    const std::string name = entry.path().stem();
    samples.push_back({name, test::read_chunk_sample(bytes_of(entry.path())).value(),
                       bytes_of(kFolder / (name.substr(0, name.find('.')) + ".raw"))});
  }
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return samples;
}

std::vector<std::byte> decode(const ChunkSample& sample, std::span<const std::byte> stored) {
  static Workspace workspace;
  const ChunkDecoder decoder(sample.filters, sample.chunk_bytes, sample.element_bytes);
  std::vector<std::byte> chunk(sample.chunk_bytes);
  decoder.decode(stored, sample.skipped, chunk, workspace);
  return chunk;
}

void expect_refused(const ChunkSample& sample, std::span<const std::byte> stored, const std::string& what) {
  SCOPED_TRACE(what);
  expect_error(ErrorCode::corrupt_file, {}, [&] { decode(sample, stored); });
}

class Samples : public testing::TestWithParam<Named> {
 protected:
  /// Self-contained builds have no blosc.
  void SetUp() override {
    if (GetParam().name.find("blosc") == std::string::npos) return;
    try {
      ChunkDecoder({{32001, {}}}, 8, 8);
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }
};

TEST_P(Samples, DecodeToWhatWasWritten) {
  const ChunkSample& sample = GetParam().sample;
  EXPECT_TRUE(decode(sample, sample.stored) == GetParam().values);
  EXPECT_GE(ChunkDecoder(sample.filters, sample.chunk_bytes, sample.element_bytes).most_stored_bytes(),
            sample.stored.size());
}

TEST_P(Samples, AreRefusedWhereverTheyEndTooEarly) {
  const std::span<const std::byte> stored = GetParam().sample.stored;
  for (std::size_t size = 0; size < stored.size(); ++size) {
    // Of its own size, so that a sanitizer sees what is read behind it.
    const std::vector<std::byte> cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
    expect_refused(GetParam().sample, cut, "the first " + std::to_string(size));
  }
}

TEST_P(Samples, AreRefusedWithAByteBehindThem) {
  const ChunkSample& sample = GetParam().sample;
  // Where szip's code ends does not show, for it fills up the last scanline.
  if (sample.skipped == 0 && sample.filters.back().id == 4)
    GTEST_SKIP() << "the end of szip's code does not show";
  std::vector<std::byte> longer = sample.stored;
  longer.push_back(std::byte{0});
  expect_refused(sample, longer, "one more");
}

TEST_P(Samples, AreRefusedAsChunksOfAnotherSize) {
  for (const int elements : {-1, 1, 8}) {
    ChunkSample other = GetParam().sample;
    other.chunk_bytes += static_cast<std::uint32_t>(elements) * other.element_bytes;
    expect_refused(other, other.stored, std::to_string(elements) + " elements");
  }
}

TEST_P(Samples, WithAnyBitFlippedAreRefusedOrDecodeToAChunk) {
  std::vector<std::byte> stored = GetParam().sample.stored;
  const std::size_t step = stored.size() / 500 + 1;
  for (std::size_t bit = 0; bit < stored.size() * 8; bit += step) {
    stored[bit / 8] ^= std::byte{1} << bit % 8;
    try {
      decode(GetParam().sample, stored);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::corrupt_file) << error.what();
    }
    stored[bit / 8] ^= std::byte{1} << bit % 8;
  }
}

TEST_P(Samples, WithAnyBitOfTheClientDataFlippedAreRefusedOrDecodeToAChunk) {
  ChunkSample sample = GetParam().sample;
  for (Filter& filter : sample.filters) {
    for (std::uint32_t& value : filter.values) {
      for (int bit = 0; bit < 32; ++bit) {
        value ^= 1U << bit;
        try {
          decode(sample, sample.stored);
        } catch (const Error& error) {
          ASSERT_TRUE(error.code() == ErrorCode::corrupt_file || error.code() == ErrorCode::unsupported);
        }
        value ^= 1U << bit;
      }
    }
  }
}

TEST_P(Samples, DecodeWithTheirFiltersSkipped) {
  ChunkSample sample = GetParam().sample;
  sample.skipped = (1U << sample.filters.size()) - 1;
  EXPECT_TRUE(decode(sample, GetParam().values) == GetParam().values);
  sample.skipped = ~0U;
  EXPECT_TRUE(decode(sample, GetParam().values) == GetParam().values);
}

INSTANTIATE_TEST_SUITE_P(ChunkDecoder, Samples, testing::ValuesIn(all_samples()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST_P(Samples, GiveTheBytesOfShuffledElementsInPlanes) {
  const ChunkSample& sample = GetParam().sample;
  const ChunkDecoder decoder(sample.filters, sample.chunk_bytes, sample.element_bytes);
  static Workspace workspace;
  std::vector<std::byte> planes(sample.chunk_bytes);
  const auto decode_planes = [&] { decoder.decode_planes(sample.stored, sample.skipped, planes, workspace); };
  if (!decoder.shuffles_elements() || (sample.skipped & 1) != 0)
    return expect_error(ErrorCode::bad_request, {"was not shuffled"}, decode_planes);
  decode_planes();
  const std::size_t elements = sample.chunk_bytes / sample.element_bytes;
  std::vector<std::byte> values(sample.chunk_bytes);
  for (std::size_t i = 0; i < elements; ++i) {
    for (std::size_t j = 0; j < sample.element_bytes; ++j)
      values[i * sample.element_bytes + j] = planes[j * elements + i];
  }
  EXPECT_EQ(values, GetParam().values);
}

TEST(ChunkDecoder, ReadsEverySampleThatThereIs) {
  EXPECT_GT(all_samples().size(), 130u);
}

TEST(ChunkDecoder, HasNoBytesForAChunkOfNone) {
  const ChunkDecoder decoder({{2, {4}}}, 0, 4);
  Workspace workspace;
  decoder.decode({}, 0, {}, workspace);
  expect_error(ErrorCode::corrupt_file, {},
               [&] { decoder.decode(std::vector<std::byte>(1), 0, {}, workspace); });
}

TEST(ChunkDecoder, RefusesABufferOfAnotherSize) {
  const ChunkDecoder decoder({}, 8, 4);
  Workspace workspace;
  std::vector<std::byte> chunk(4);
  expect_error(ErrorCode::bad_request, {},
               [&] { decoder.decode(std::vector<std::byte>(8), 0, chunk, workspace); });
}

TEST(ChunkDecoder, NamesTheFilterThatItCannotUndo) {
  const auto refused = [](const Filter& filter, const std::string& name) {
    expect_error(ErrorCode::unsupported, {name}, [&] { ChunkDecoder({filter}, 64, 4); });
  };
  refused({307, {}}, "bzip2");
  refused({32026, {}}, "blosc2");
  refused({40000, {}}, "number 40000");
  refused({32001, {2, 2, 4, 64, 5, 1, 9}}, "blosc");
  refused({32008, {0, 4, 4, 0, 1}}, "bitshuffle");
  refused({5, {10, 0, 16, 3, 4, 1, 0, 1, 4, 0}}, "nbit of compound");
}

TEST(ChunkDecoder, RefusesClientDataThatContradictTheChunk) {
  const auto refused = [](const Filter& filter) {
    SCOPED_TRACE(filter_name(filter.id) + ", parameters: " + std::to_string(filter.values.size()));
    expect_error(ErrorCode::corrupt_file, {filter_name(filter.id)}, [&] { ChunkDecoder({filter}, 64, 4); });
  };
  refused({2, {}});
  refused({2, {0}});
  refused({4, {141, 32, 32}});
  refused({4, {141, 33, 32, 64}});
  refused({4, {141, 8, 32, 4}});
  refused({4, {141, 8, 40, 64}});
  refused({5, {}});
  refused({5, {8, 0, 16, 1, 4, 0, 20}});
  refused({5, {8, 0, 17, 1, 4, 0, 20, 0}});
  refused({5, {8, 0, 16, 1, 4, 0, 20, 13}});
  refused({6, {2, 0, 16}});
  refused({6, {2, 0, 17, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}});
  refused({32000, {4, 261, 60}});
  refused({32001, {2, 2, 4, 60, 5, 1, 0}});
  refused({32008, {0, 4, 0}});
  refused({32008, {0, 4, 12}});
  refused({32008, {0, 4, 4, 12, 2}});
  expect_error(ErrorCode::corrupt_file, {"33 filters"}, [&] {
    ChunkDecoder(std::vector<Filter>(33, Filter{2, {4}}), 64, 4);
  });
  expect_error(ErrorCode::corrupt_file, {"elements of 8"}, [&] { ChunkDecoder({}, 60, 8); });
}

TEST(ChunkDecoder, RefusesFiltersThatTogetherMakeChunksManyTimesLarger) {
  expect_error(ErrorCode::corrupt_file, {"larger"}, [&] {
    ChunkDecoder(std::vector<Filter>(32, Filter{32004, {1}}), 1 << 20, 4);
  });
}

}  // namespace
}  // namespace evenscore::codec
