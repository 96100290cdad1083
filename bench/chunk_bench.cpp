// Chunks of 2 MiB of f32 rows, decoded by one thread, beside bare libdeflate on the same bytes (which leaves
// them shuffled). Every case is compared with the rows before it is timed. A steady ratio:
//   chunk_bench --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 --benchmark_filter=gzip
#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <random>

#include "chunk_encoders.h"
#include "codec/chunk_decoder.h"

namespace evenscore::benchmarks {
namespace {

constexpr std::size_t kChunkBytes = 2 << 20;
constexpr std::size_t kColumns = 64;
constexpr std::size_t kChunks = 8;

/// Measurements of three digits: zlib makes them about 2.5 times smaller.
std::vector<float> rows_of(std::size_t chunk) {
  std::mt19937_64 random(20261128 + chunk);
  std::normal_distribution<double> normal;
  std::vector<float> rows(kChunkBytes / sizeof(float));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto column = static_cast<double>(i % kColumns);
    rows[i] = static_cast<float>(std::round((normal(random) + column / 8.0) * 128.0) / 128.0);
  }
  return rows;
}

/// Some chunks, so that none stays in the caches.
const std::vector<StoredChunk>& chunks_of(const std::string& name) {
  static std::map<std::string, std::vector<StoredChunk>> made;
  std::vector<StoredChunk>& chunks = made[name];
  while (chunks.size() < kChunks) chunks.push_back(encode(name, rows_of(chunks.size())));
  return chunks;
}

void count(benchmark::State& state, const std::string& name) {
  double stored = 0.0;
  for (const StoredChunk& chunk : chunks_of(name)) stored += static_cast<double>(chunk.stored.size());
  state.counters["ratio"] = static_cast<double>(kChunkBytes * kChunks) / stored;
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kChunkBytes * kChunks));
}

void decode(benchmark::State& state, const std::string& name) {
  const std::vector<StoredChunk>& chunks = chunks_of(name);
  const codec::ChunkDecoder decoder(chunks[0].filters, kChunkBytes, sizeof(float));
  codec::Workspace workspace;
  std::vector<std::byte> out(kChunkBytes);
  for (std::size_t i = 0; i < kChunks; ++i) {
    decoder.decode(chunks[i].stored, 0, out, workspace);
    if (std::memcmp(out.data(), rows_of(i).data(), kChunkBytes) != 0) {
      return state.SkipWithError("wrong result, no time");
    }
  }
  for ([[maybe_unused]] auto _ : state) {
    for (const StoredChunk& chunk : chunks) {
      decoder.decode(chunk.stored, 0, out, workspace);
      benchmark::DoNotOptimize(out.data());
      benchmark::ClobberMemory();
    }
  }
  count(state, name);
}

void bare_libdeflate(benchmark::State& state, const std::string& name) {
  const std::vector<StoredChunk>& chunks = chunks_of(name);
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::vector<std::byte> out(kChunkBytes);
  for ([[maybe_unused]] auto _ : state) {
    for (const StoredChunk& chunk : chunks) {
      std::size_t made = 0;
      const auto result = libdeflate_zlib_decompress(decompressor.get(), chunk.stored.data(),
                                                     chunk.stored.size(), out.data(), out.size(), &made);
      if (result != LIBDEFLATE_SUCCESS) return state.SkipWithError("libdeflate failed");
      benchmark::DoNotOptimize(out.data());
      benchmark::ClobberMemory();
    }
  }
  count(state, name);
}

}  // namespace
}  // namespace evenscore::benchmarks

int main(int argc, char** argv) {
  using namespace evenscore::benchmarks;
  for (const char* name : {"gzip", "shuffle_gzip"}) {
    benchmark::RegisterBenchmark((std::string("libdeflate/") + name).c_str(), bare_libdeflate,
                                 std::string(name));
  }
  for (const char* name : {"gzip", "shuffle_gzip", "shuffle", "fletcher32", "shuffle_lzf", "shuffle_lz4",
                           "shuffle_zstd", "blosc_lz4", "bitshuffle", "bitshuffle_lz4"}) {
    benchmark::RegisterBenchmark((std::string("decode/") + name).c_str(), decode, std::string(name));
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
