// Filter 32004. The size (8 bytes, big-endian) and that of a block (4), then blocks: 4 bytes of size and an
// LZ4 block, or its bytes as they are where that would be no smaller.
#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "codec/bytes.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kBlockHeaderBytes = 4;
constexpr std::uint64_t kDefaultBlock = std::uint64_t{1} << 30;

class Lz4 : public Undo {
 public:
  explicit Lz4(std::uint64_t block_bytes) : block_bytes_(block_bytes) {}

  SizeRange filtered(SizeRange bytes) const override {
    const std::uint64_t blocks = bytes.most / block_bytes_ + 1;
    return {kHeaderBytes, kHeaderBytes + bytes.most + blocks * kBlockHeaderBytes};
  }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    if (stored.size() < kHeaderBytes) fail_damaged("lz4", "they end too early");
    const auto made = load_big_endian<std::uint64_t>(stored.data());
    require_room("lz4", made, out);
    const std::size_t block = load_big_endian<std::uint32_t>(stored.data() + 8);
    if (block == 0 && made != 0) fail_damaged("lz4", "blocks are empty");
    stored = stored.subspan(kHeaderBytes);
    for (std::size_t done = 0; done < made;) {
      const std::size_t now = std::min(block, static_cast<std::size_t>(made) - done);
      stored = undo_block(stored, out.subspan(done, now));
      done += now;
    }
    if (!stored.empty()) fail_damaged("lz4", "other bytes follow the last block");
    return static_cast<std::size_t>(made);
  }

 private:
  /// Returns what follows the block.
  static std::span<const std::byte> undo_block(std::span<const std::byte> stored, std::span<std::byte> out) {
    if (stored.size() < kBlockHeaderBytes) fail_damaged("lz4", "they end too early");
    const std::size_t size = load_big_endian<std::uint32_t>(stored.data());
    stored = stored.subspan(kBlockHeaderBytes);
    if (size > stored.size()) fail_damaged("lz4", "they end too early");
    if (size == out.size()) {
      std::memcpy(out.data(), stored.data(), size);
    } else if (size > LZ4_MAX_INPUT_SIZE || out.size() > LZ4_MAX_INPUT_SIZE ||
               LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()),
                                   reinterpret_cast<char*>(out.data()), static_cast<int>(size),
                                   static_cast<int>(out.size())) != static_cast<int>(out.size())) {
      fail_damaged("lz4", "a block does not decompress");
    }
    return stored.subspan(size);
  }

  std::uint64_t block_bytes_;
};

}  // namespace

std::unique_ptr<Undo> make_lz4(const Filter& filter) {
  const bool chosen = !filter.values.empty() && filter.values[0] != 0;
  return std::make_unique<Lz4>(chosen ? filter.values[0] : kDefaultBlock);
}

}  // namespace evenscore::codec
