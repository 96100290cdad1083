#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "batch/row_gather.h"
#include "batch/row_moves.h"

namespace evenscore {

/// A chunk without its filters.
struct DecodedChunk {
  std::vector<std::byte> bytes;
  bool is_planes = false;   ///< still shuffled: the first bytes of all elements, then their second bytes
  bool is_decoded = false;  ///< one that was refused is not, and is refused again
};

/// How the values of several chunks beside each other come to rows. Refers to the chunks' bytes.
class ChunkBand {
 public:
  /// Numbers of `value_bytes` bytes, of those that add_column adds.
  explicit ChunkBand(std::size_t value_bytes = 1) : value_bytes_(value_bytes) {}

  /// A column of numbers that are read as they are stored, next to each other from its first row on.
  void add_column(const std::byte* from, std::size_t to);
  /// The same where `from` points to their first bytes and the next ones follow at `plane`.
  void add_planes(const std::byte* from, std::size_t plane, std::size_t to, bool swapped);
  /// Anything else; `moves` must outlive this.
  void add_moves(const std::vector<RowMove>& moves, const std::byte* from, std::size_t stride);
  /// Everything of `other` from its row `first` on, which is the first one here.
  void add_band(const ChunkBand& other, std::uint64_t first);
  /// After the last was added.
  void order();

  /// Writes rows [first, first + n) to `to`, a few at a time, which a cache holds: one chunk after the other
  /// would fetch each line of `to` as often as there are chunks.
  void gather(std::uint64_t first, std::uint64_t n, std::byte* to, std::size_t row_bytes) const;

  /// Rows that gather() takes at a time.
  static std::uint64_t tile_rows(std::size_t row_bytes);

 private:
  struct Moved {
    const std::vector<RowMove>* moves;
    const std::byte* from;
    std::size_t stride;
  };

  std::size_t value_bytes_;
  std::vector<Lane> values_, bytes_;
  std::vector<Moved> moved_;
};

}  // namespace evenscore
