// Bands of chunks that threads decode together: each chunk once, the same error for all, and bounded memory.
#include "batch/shared_bands.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

namespace evenscore {
namespace {

constexpr std::size_t kChunks = 12, kRows = 5;

// Chunk c of a band holds the numbers 1000 * band + c, one a row.
void fill(std::uint64_t band, std::size_t chunk, DecodedChunk& into) {
  into.bytes.resize(kRows * sizeof(std::uint32_t));
  for (std::size_t row = 0; row < kRows; ++row) {
    const auto value = static_cast<std::uint32_t>(1000 * band + chunk);
    std::memcpy(into.bytes.data() + row * sizeof value, &value, sizeof value);
  }
}

ChunkBand join(const std::vector<DecodedChunk>& chunks) {
  ChunkBand band(sizeof(std::uint32_t));
  for (std::size_t i = 0; i < chunks.size(); ++i)
    band.add_column(chunks[i].bytes.data(), i * sizeof(std::uint32_t));
  band.order();
  return band;
}

std::vector<std::uint32_t> rows_of(const ChunkBand& band) {
  std::vector<std::uint32_t> rows(kRows * kChunks);
  band.gather(0, kRows, reinterpret_cast<std::byte*>(rows.data()), kChunks * sizeof(std::uint32_t));
  return rows;
}

std::vector<std::uint32_t> wanted(std::uint64_t band) {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < kRows * kChunks; ++i)
    rows.push_back(static_cast<std::uint32_t>(1000 * band + i % kChunks));
  return rows;
}

TEST(SharedBands, ThreadsThatNeedTheSameBandDecodeEachChunkOnce) {
  constexpr std::size_t kThreads = 4, kBands = 50;
  SharedBands bands(kBands);
  std::atomic<int> decoded{0}, joined{0};
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (std::uint64_t index = 0; index < kBands; ++index) {
        const SharedBands::Use band = bands.get(
            {index, kChunks, kThreads * kRows, kRows},
            [&](std::size_t chunk, DecodedChunk& into) {
              ++decoded;
              fill(index, chunk, into);
            },
            [&](const std::vector<DecodedChunk>& chunks) {
              ++joined;
              return join(chunks);
            });
        EXPECT_EQ(rows_of(*band), wanted(index));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(decoded.load(), kBands * kChunks);
  EXPECT_EQ(joined.load(), static_cast<int>(kBands));
}

TEST(SharedBands, ThreadsFarApartAreRightWhateverIsForgotten) {
  constexpr std::size_t kThreads = 3;
  SharedBands bands(2);  // fewer than are in use at times
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        const std::uint64_t index = (i * 7 + thread * 3) % 11;
        const SharedBands::Use band = bands.get(
            {index, kChunks, 40 * kRows, kRows},
            [&](std::size_t chunk, DecodedChunk& into) { fill(index, chunk, into); }, join);
        EXPECT_EQ(rows_of(*band), wanted(index));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(SharedBands, EveryThreadGetsTheErrorOfTheFirstBadChunk) {
  for (int round = 0; round < 20; ++round) {
    SharedBands bands(3);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
      threads.emplace_back([&] {
        for (int again = 0; again < 2; ++again) {
          try {
            bands.get(
                {7, kChunks, kRows, kRows},
                [](std::size_t chunk, DecodedChunk& into) {
                  fill(7, chunk, into);
                  if (chunk == 4) std::this_thread::sleep_for(std::chrono::milliseconds(2));
                  if (chunk == 4 || chunk == 5 || chunk == 9) throw std::runtime_error(std::to_string(chunk));
                },
                join);
            ADD_FAILURE() << "a damaged band was given";
          } catch (const std::runtime_error& error) {
            EXPECT_STREQ(error.what(), "4");
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

// How many chunks of one band's only chunk `bands` decodes when some of its rows are taken.
int decoded(SharedBands& bands, std::uint64_t index, std::uint64_t taken) {
  int times = 0;
  const auto decode = [&](std::size_t chunk, DecodedChunk& into) { ++times, fill(index, chunk, into); };
  static_cast<void>(bands.get({index, 1, kRows, taken}, decode, join));
  return times;
}

TEST(SharedBands, ForgetABandWhenAllItsRowsWereTaken) {
  SharedBands bands(10);
  EXPECT_EQ(decoded(bands, 3, 2), 1);
  EXPECT_EQ(decoded(bands, 3, 1), 0);
  EXPECT_EQ(decoded(bands, 3, kRows - 3), 0);
  EXPECT_EQ(decoded(bands, 3, 1), 1);
}

TEST(SharedBands, ForgetTheLowestBandsFirst) {
  SharedBands bands(2);
  EXPECT_EQ(decoded(bands, 0, 1) + decoded(bands, 1, 1) + decoded(bands, 2, 1), 3);  // forgets 0
  EXPECT_EQ(decoded(bands, 1, 1) + decoded(bands, 2, 1), 0);
  EXPECT_EQ(decoded(bands, 0, 1), 1);
}

TEST(SharedBands, ABandWithoutStoredChunksIsReadyAtOnce) {
  SharedBands bands(1);
  const auto nothing = [](std::size_t, DecodedChunk&) { FAIL(); };
  const SharedBands::Use band = bands.get({0, 0, 1, 1}, nothing, join);
  std::byte row{1};
  band->gather(0, 1, &row, 1);
  EXPECT_EQ(row, std::byte{1});
}

}  // namespace
}  // namespace evenscore
