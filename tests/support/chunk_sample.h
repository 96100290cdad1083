#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "codec/filter.h"

namespace evenscore::test {

/// A stored chunk and what its dataset says of it, as scripts/make_chunk_samples.py writes them.
struct ChunkSample {
  std::uint32_t chunk_bytes = 0;
  std::uint32_t element_bytes = 0;
  std::uint32_t skipped = 0;
  std::vector<codec::Filter> filters;
  std::vector<std::byte> stored;
};

/// Nothing where the bytes end before the stored chunk begins.
inline std::optional<ChunkSample> read_chunk_sample(std::span<const std::byte> bytes) {
  bool cut = false;
  const auto number = [&] {
    std::uint32_t value = 0;
    cut = cut || bytes.size() < sizeof(value);
    if (cut) return value;
    std::memcpy(&value, bytes.data(), sizeof(value));
    bytes = bytes.subspan(sizeof(value));
    return value;
  };
  ChunkSample sample;
  sample.chunk_bytes = number();
  sample.element_bytes = number();
  sample.skipped = number();
  for (std::uint32_t left = number(); left != 0 && !cut; --left) {
    codec::Filter& filter = sample.filters.emplace_back();
    filter.id = number();
    for (std::uint32_t values = number(); values != 0 && !cut; --values) filter.values.push_back(number());
  }
  if (cut) return std::nullopt;
  sample.stored.assign(bytes.begin(), bytes.end());
  return sample;
}

}  // namespace evenscore::test
