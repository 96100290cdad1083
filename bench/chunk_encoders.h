#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "codec/filter.h"

namespace evenscore::benchmarks {

/// One chunk as HDF5 would store it.
struct StoredChunk {
  std::vector<codec::Filter> filters;
  std::vector<std::byte> stored;
};

/// `rows` (f32) filtered as `name` says: "shuffle", "gzip", "shuffle_gzip", "shuffle_lzf", "shuffle_lz4",
/// "shuffle_zstd", "blosc_lz4", "bitshuffle", "bitshuffle_lz4" or "fletcher32".
StoredChunk encode(const std::string& name, const std::vector<float>& rows);

}  // namespace evenscore::benchmarks
