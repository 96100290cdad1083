#pragma once

#include <cstddef>
#include <memory>
#include <vector>

struct libdeflate_decompressor;
struct ZSTD_DCtx_s;

namespace evenscore::codec {

struct FreeDeflate {
  void operator()(libdeflate_decompressor* decompressor) const;
};
struct FreeZstd {
  void operator()(ZSTD_DCtx_s* context) const;
};

/// What one thread decodes with, kept from chunk to chunk, of any dataset. Empty until it is first used; it
/// holds no more than a small multiple of the largest chunk.
struct Workspace {
  std::vector<std::byte> between[2];  ///< what the last filter gave, and what the next makes of it
  std::vector<std::byte> block;       ///< a filter's own: one block decompressed
  std::vector<std::byte> planes;      ///< a filter's own: bytes of a block, plane by plane
  std::unique_ptr<libdeflate_decompressor, FreeDeflate> deflate;
  std::unique_ptr<ZSTD_DCtx_s, FreeZstd> zstd;
};

/// The first `bytes` of `buffer`, which grows and never shrinks.
inline std::byte* at_least(std::vector<std::byte>& buffer, std::size_t bytes) {
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
}

}  // namespace evenscore::codec
