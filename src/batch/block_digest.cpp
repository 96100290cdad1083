#include "batch/block_digest.h"

#if defined(EVENSCORE_XXHASH_DISPATCHES)  // to the widest vectors that the machine has: the same hash
#define XXH_STATIC_LINKING_ONLY           // for the size of a state
#include <xxh_x86dispatch.h>
#else
#define XXH_INLINE_ALL
#include <xxhash.h>
#endif

#include <algorithm>
#include <bit>

namespace evenscore {

static_assert(std::endian::native == std::endian::little, "rows are hashed as they lie in memory");

struct BlockDigest::Block {
  XXH3_state_t state;
  Block() { XXH3_128bits_reset(&state); }
};

namespace {

BlockHash canonical(const XXH3_state_t& state) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&state));
  return std::bit_cast<BlockHash>(bytes);
}

}  // namespace

BlockDigest::BlockDigest(std::size_t row_bytes) : row_bytes_(row_bytes), block_(std::make_unique<Block>()) {}
BlockDigest::BlockDigest(BlockDigest&&) noexcept = default;
BlockDigest& BlockDigest::operator=(BlockDigest&&) noexcept = default;
BlockDigest::~BlockDigest() = default;

std::vector<BlockHash> BlockDigest::update(const std::byte* bytes, std::int64_t rows) {
  std::vector<BlockHash> ended;
  while (rows > 0) {
    const std::int64_t taken = std::min(rows, kBlockRows - rows_in_block_);
    const std::size_t size = static_cast<std::size_t>(taken) * row_bytes_;
    XXH3_128bits_update(&block_->state, bytes, size);
    bytes += size;
    rows -= taken;
    rows_in_block_ += taken;
    if (rows_in_block_ < kBlockRows) continue;
    ended.push_back(canonical(block_->state));
    finished_blocks_.update(ended.back());
    XXH3_128bits_reset(&block_->state);
    rows_in_block_ = 0;
  }
  return ended;
}

std::optional<BlockHash> BlockDigest::end_block() {
  if (rows_in_block_ == 0) return std::nullopt;
  const BlockHash hash = canonical(block_->state);
  finished_blocks_.update(hash);
  XXH3_128bits_reset(&block_->state);
  rows_in_block_ = 0;
  return hash;
}

void BlockDigest::append(std::span<const BlockHash> blocks) {
  for (const BlockHash& block : blocks) finished_blocks_.update(block);
}

std::string BlockDigest::hex() const {
  if (rows_in_block_ == 0) return finished_blocks_.hex();
  Sha256 all = finished_blocks_;
  all.update(canonical(block_->state));
  return all.hex();
}

}  // namespace evenscore
