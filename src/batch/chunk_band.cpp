#include "batch/chunk_band.h"

#include <algorithm>

namespace evenscore {
namespace {

constexpr std::uint64_t kTileBytes = std::uint64_t{16} << 10;  // of rows
constexpr std::uint64_t kLeastRows = 64;  // whole lines of bytes, whole squares of numbers

}  // namespace

void ChunkBand::add_column(const std::byte* from, std::size_t to) {
  values_.push_back({from, to});
}

void ChunkBand::add_planes(const std::byte* from, std::size_t plane, std::size_t to, bool swapped) {
  for (std::size_t byte = 0; byte < value_bytes_; ++byte)
    bytes_.push_back({from + byte * plane, to + (swapped ? value_bytes_ - 1 - byte : byte)});
}

void ChunkBand::add_moves(const std::vector<RowMove>& moves, const std::byte* from, std::size_t stride) {
  moved_.push_back({&moves, from, stride});
}

void ChunkBand::add_band(const ChunkBand& other, std::uint64_t first) {
  const auto row = static_cast<std::size_t>(first);
  for (const Lane& lane : other.values_) values_.push_back({lane.from + row * value_bytes_, lane.to});
  for (const Lane& lane : other.bytes_) bytes_.push_back({lane.from + row, lane.to});
  for (const Moved& one : other.moved_)
    moved_.push_back({one.moves, one.from + row * one.stride, one.stride});
}

void ChunkBand::order() {
  for (std::vector<Lane>* lanes : {&values_, &bytes_})
    std::sort(lanes->begin(), lanes->end(), [](const Lane& a, const Lane& b) { return a.to < b.to; });
}

std::uint64_t ChunkBand::tile_rows(std::size_t row_bytes) {
  return std::max(kLeastRows, kTileBytes / std::max<std::size_t>(1, row_bytes) / kLeastRows * kLeastRows);
}

void ChunkBand::gather(std::uint64_t first, std::uint64_t n, std::byte* to, std::size_t row_bytes) const {
  const std::uint64_t tile = tile_rows(row_bytes);
  for (std::uint64_t done = 0; done < n; done += tile) {
    const auto row = static_cast<std::size_t>(first + done);
    const auto count = static_cast<std::size_t>(std::min(tile, n - done));
    std::byte* target = to + done * row_bytes;
    gather_rows(values_, value_bytes_, row, count, target, row_bytes);
    gather_rows(bytes_, 1, row, count, target, row_bytes);
    for (const Moved& one : moved_)
      move_rows(*one.moves, one.from + row * one.stride, one.stride, count, target, row_bytes);
  }
}

}  // namespace evenscore
