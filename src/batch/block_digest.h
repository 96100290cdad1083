#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "evenscore/prediction_file.h"

namespace evenscore {

/// The digest of a table of rows, independent of how they are handed over: XXH3-128 of the little-endian row
/// bytes of each block of 65,536 rows (the last may be shorter), SHA-256 over these in row order, each as its
/// canonical 16 bytes. Detects damage, not forgery: XXH3 is no cryptographic hash. Movable; one thread.
class BlockDigest {
 public:
  static constexpr std::int64_t kBlockRows = 65'536;

  /// `row_bytes` is the size of every row.
  explicit BlockDigest(std::size_t row_bytes);
  BlockDigest(BlockDigest&&) noexcept;
  BlockDigest& operator=(BlockDigest&&) noexcept;
  ~BlockDigest();

  /// The next `rows` rows. Returns the hashes of the blocks that end among them.
  std::vector<BlockHash> update(const std::byte* bytes, std::int64_t rows);

  /// Ends the block under way, which may be the last one and shorter: its hash; nothing where it has no rows.
  std::optional<BlockHash> end_block();

  /// Goes on after blocks that were hashed elsewhere, whole ones but for the last. At a block's end only.
  void append(std::span<const BlockHash> blocks);

  /// 64 lower-case hexadecimal digits of all rows so far; more may follow.
  std::string hex() const;

 private:
  struct Block;
  std::size_t row_bytes_;
  std::int64_t rows_in_block_ = 0;
  std::unique_ptr<Block> block_;
  Sha256 finished_blocks_;
};

}  // namespace evenscore
