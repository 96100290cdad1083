#include "batch/row_moves.h"

#include <algorithm>
#include <cstring>

#include "base/stored_number.h"
#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::size_t kTileBytes = std::size_t{128} << 10;  // of rows that are read, held in cache

template <typename T>
T swapped(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

struct Tile {
  const std::byte* from;
  std::size_t from_stride, n;
  std::byte* to;
  std::size_t to_stride;
};

template <typename T, bool kSwapped>
void move_values(const RowMove& move, const Tile& tile) {
  for (std::size_t row = 0; row < tile.n; ++row) {
    const std::byte* from = tile.from + row * tile.from_stride + move.from;
    std::byte* to = tile.to + row * tile.to_stride + move.to;
    for (std::size_t i = 0; i < move.count; ++i) {
      T value;
      std::memcpy(&value, from + i * sizeof(T), sizeof(T));
      if constexpr (kSwapped) value = swapped(value);
      std::memcpy(to + i * sizeof(T), &value, sizeof(T));
    }
  }
}

template <typename T>
void move_sized(const RowMove& move, const Tile& tile) {
  move.swapped ? move_values<T, true>(move, tile) : move_values<T, false>(move, tile);
}

// Long runs, and text of any size.
void move_bytes(const RowMove& move, const Tile& tile) {
  const std::size_t bytes = move.count * move.size;
  if (bytes == tile.from_stride && bytes == tile.to_stride) {
    std::memcpy(tile.to + move.to, tile.from + move.from, tile.n * bytes);
    return;
  }
  for (std::size_t row = 0; row < tile.n; ++row)
    std::memcpy(tile.to + row * tile.to_stride + move.to, tile.from + row * tile.from_stride + move.from,
                bytes);
}

template <typename To>
void convert(const RowMove& move, const Tile& tile) {
  std::byte native[8];
  for (std::size_t row = 0; row < tile.n; ++row) {
    for (std::size_t i = 0; i < move.count; ++i) {
      const std::byte* from = tile.from + row * tile.from_stride + move.from + i * move.size;
      std::memcpy(native, from, move.size);
      if (move.swapped) std::reverse(native, native + move.size);
      const To value = static_cast<To>(stored_number(move.stored, native));
      std::memcpy(tile.to + row * tile.to_stride + move.to + i * sizeof(To), &value, sizeof(To));
    }
  }
}

void move_tile(const RowMove& move, const Tile& tile) {
  if (move.converts)
    return move.read == ElementType::f32 ? convert<float>(move, tile) : convert<double>(move, tile);
  const std::size_t bytes = move.count * move.size;
  const bool is_one_run = bytes == tile.from_stride && bytes == tile.to_stride;
  if (!move.swapped && (move.count >= 16 || is_one_run)) return move_bytes(move, tile);
  switch (move.size) {
    case 1:
      return move_sized<std::uint8_t>(move, tile);
    case 2:
      return move_sized<std::uint16_t>(move, tile);
    case 4:
      return move_sized<std::uint32_t>(move, tile);
    case 8:
      return move_sized<std::uint64_t>(move, tile);
    default:
      return move_bytes(move, tile);
  }
}

void check_booleans(const RowMove& move, const Tile& tile) {
  for (std::size_t row = 0; row < tile.n; ++row) {
    const std::byte* from = tile.from + row * tile.from_stride + move.from;
    if (std::all_of(from, from + move.count, [](std::byte b) { return b <= std::byte{1}; })) continue;
    throw Error(ErrorCode::corrupt_file, "holds a boolean that is neither true nor false");
  }
}

}  // namespace

std::vector<RowMove> joined(std::vector<RowMove> moves) {
  std::stable_sort(moves.begin(), moves.end(),
                   [](const RowMove& a, const RowMove& b) { return a.from < b.from; });
  std::vector<RowMove> runs;
  for (const RowMove& move : moves) {
    if (!runs.empty()) {
      RowMove& last = runs.back();
      const std::size_t written = last.converts ? element_size(last.read) : last.size;
      if (last.from + last.count * last.size == move.from && last.to + last.count * written == move.to &&
          last.size == move.size && last.swapped == move.swapped && last.is_boolean == move.is_boolean &&
          last.converts == move.converts && last.stored == move.stored && last.read == move.read) {
        last.count += move.count;
        continue;
      }
    }
    runs.push_back(move);
  }
  return runs;
}

void move_rows(const std::vector<RowMove>& moves, const std::byte* from, std::size_t from_stride,
               std::size_t n, std::byte* to, std::size_t to_stride) {
  const std::size_t step = std::max<std::size_t>(16, kTileBytes / std::max<std::size_t>(1, to_stride));
  for (std::size_t row = 0; row < n; row += step) {
    const Tile tile{from + row * from_stride, from_stride, std::min(step, n - row), to + row * to_stride,
                    to_stride};
    for (const RowMove& move : moves) {
      move_tile(move, tile);
      if (move.is_boolean) check_booleans(move, tile);
    }
  }
}

}  // namespace evenscore
