// Blosc 1: filter 32001, of PyTables and hdf5plugin.
#include <blosc.h>
#include <fmt/format.h>

#include <string>

#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kCompressor = 6;  // index in the client data
constexpr std::size_t kChunkBytes = 3;

class Blosc : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override {
    return {BLOSC_MIN_HEADER_LENGTH, bytes.most + BLOSC_MAX_OVERHEAD};
  }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    std::size_t announced = 0;
    if (stored.size() < BLOSC_MIN_HEADER_LENGTH ||
        blosc_cbuffer_validate(stored.data(), stored.size(), &announced) != 0) {
      fail_damaged("blosc", "their header contradicts them");
    }
    require_room("blosc", announced, out);
    // Not blosc_decompress, which obeys environment variables. One thread: chunks are what runs in parallel.
    const int made = blosc_decompress_ctx(stored.data(), out.data(), announced, 1);
    if (made < 0 || static_cast<std::size_t>(made) != announced) {
      fail_damaged("blosc", "they do not decompress");
    }
    return announced;
  }
};

/// Throws unsupported where libblosc was built without the compressor.
void require_compressor(std::uint32_t code) {
  const char* name = nullptr;
  if (code > 255 || blosc_compcode_to_compname(static_cast<int>(code), &name) < 0) {
    fail_unsupported(fmt::format("blosc with {}", name != nullptr && code <= 255
                                                      ? std::string(name)
                                                      : fmt::format("compressor {}", code)));
  }
}

}  // namespace

std::unique_ptr<Undo> make_blosc(const Filter& filter, const ChunkShape& shape) {
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() > kChunkBytes && values[kChunkBytes] != 0 && values[kChunkBytes] != shape.chunk_bytes) {
    fail_client_data(filter, "it is for chunks of another size");
  }
  if (values.size() > kCompressor) require_compressor(values[kCompressor]);
  return std::make_unique<Blosc>();
}

}  // namespace evenscore::codec
