// First bits of all elements of a block, then their second bits, and so on, each block compressed or not:
// filter 32008. Compressed data begin with the size (8 bytes, big-endian) and that of a block (4), and each
// block with the size of what it was compressed to (4). What fills no eight elements follows as it is.
#include <lz4.h>

#include <algorithm>

#include "codec/bit_planes.h"
#include "codec/bytes.h"
#include "codec/undo.h"
#include "codec/zstd.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kBlockHeaderBytes = 4;
constexpr std::size_t kTogether = 8;  // elements whose bits fill whole bytes

enum class Compression : std::uint32_t { none = 0, lz4 = 2, zstd = 3 };

/// In elements, where the file names no other: 8 KiB, and never less than 128 elements.
std::size_t default_block(std::size_t element_bytes) {
  return std::max<std::size_t>(8192 / element_bytes / kTogether * kTogether, 128);
}

class Bitshuffle : public Undo {
 public:
  Bitshuffle(std::size_t element_bytes, std::size_t block, Compression compression)
      : element_bytes_(element_bytes), block_(block), compression_(compression) {}

  SizeRange filtered(SizeRange bytes) const override {
    if (compression_ == Compression::none) return bytes;
    // Either compressor's bound is far below an eighth more.
    const std::uint64_t blocks = bytes.most / element_bytes_ / block_ + 2;
    return {kHeaderBytes, kHeaderBytes + bytes.most + bytes.most / 8 + blocks * (kBlockHeaderBytes + 64)};
  }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out,
                   Workspace& workspace) const override {
    std::uint64_t made = stored.size();
    std::size_t block = block_;
    if (compression_ != Compression::none) {
      if (stored.size() < kHeaderBytes) fail_damaged("bitshuffle", "they end too early");
      made = load_big_endian<std::uint64_t>(stored.data());
      block = load_big_endian<std::uint32_t>(stored.data() + 8) / element_bytes_;
      stored = stored.subspan(kHeaderBytes);
      if (block == 0 || block % kTogether != 0) fail_damaged("bitshuffle", "blocks are of no allowed size");
    }
    require_room("bitshuffle", made, out);
    if (made % element_bytes_ != 0) fail_damaged("bitshuffle", "they hold part of an element");
    const auto count = static_cast<std::size_t>(made) / element_bytes_;
    const std::size_t whole = count - count % kTogether;
    for (std::size_t done = 0; done < whole;) {
      const std::size_t now = std::min(block, whole - done);
      stored = undo_block(stored, now, out.data() + done * element_bytes_, workspace);
      done += now;
    }
    if (stored.size() != (count - whole) * element_bytes_) {
      fail_damaged("bitshuffle", "they have another length");
    }
    std::copy(stored.begin(), stored.end(), out.data() + whole * element_bytes_);
    return static_cast<std::size_t>(made);
  }

 private:
  /// Returns what follows the block.
  std::span<const std::byte> undo_block(std::span<const std::byte> stored, std::size_t count, std::byte* out,
                                        Workspace& workspace) const {
    const std::size_t bytes = count * element_bytes_;
    if (compression_ == Compression::none) {
      gather_bits(stored.data(), count, element_bytes_, out, workspace);
      return stored.subspan(bytes);
    }
    if (stored.size() < kBlockHeaderBytes) fail_damaged("bitshuffle", "they end too early");
    const std::size_t size = load_big_endian<std::uint32_t>(stored.data());
    stored = stored.subspan(kBlockHeaderBytes);
    if (size > stored.size()) fail_damaged("bitshuffle", "they end too early");
    const std::span<std::byte> block(at_least(workspace.block, bytes), bytes);
    if (decompress(stored.first(size), block, workspace) != bytes) {
      fail_damaged("bitshuffle", "a block does not decompress");
    }
    gather_bits(block.data(), count, element_bytes_, out, workspace);
    return stored.subspan(size);
  }

  std::size_t decompress(std::span<const std::byte> stored, std::span<std::byte> block,
                         Workspace& workspace) const {
    if (compression_ == Compression::zstd) return undo_zstd_frame("bitshuffle", stored, block, workspace);
    if (stored.size() > LZ4_MAX_INPUT_SIZE || block.size() > LZ4_MAX_INPUT_SIZE) return 0;
    const int made = LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()),
                                         reinterpret_cast<char*>(block.data()),
                                         static_cast<int>(stored.size()), static_cast<int>(block.size()));
    return static_cast<std::size_t>(std::max(made, 0));
  }

  std::size_t element_bytes_, block_;
  Compression compression_;
};

}  // namespace

std::unique_ptr<Undo> make_bitshuffle(const Filter& filter, const ChunkShape& shape) {
  // Two version numbers, the element's size, the block's and the compressor, where they are not 0, and its
  // level.
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() < 3 || values[2] == 0 || shape.chunk_bytes % values[2] != 0) {
    fail_client_data(filter, "its element size does not divide a chunk's");
  }
  const std::size_t element_bytes = values[2];
  const std::size_t block = values.size() > 3 && values[3] != 0 ? values[3] : default_block(element_bytes);
  if (block % kTogether != 0) fail_client_data(filter, "its blocks are of no allowed size");
  const auto compression = static_cast<Compression>(values.size() > 4 ? values[4] : 0);
  if (compression != Compression::none && compression != Compression::lz4 &&
      compression != Compression::zstd) {
    fail_unsupported("bitshuffle with another compressor");
  }
  return std::make_unique<Bitshuffle>(element_bytes, block, compression);
}

}  // namespace evenscore::codec
