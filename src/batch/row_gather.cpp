#include "batch/row_gather.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace evenscore {
namespace {

constexpr std::size_t kVectorBytes = 16;

/// As many lanes as fill a vector, and as many rows of them: a square.
template <typename T>
constexpr std::size_t kSide = kVectorBytes / sizeof(T);

// The compilers' own vectors: punpckl and punpckh of SSE2, zip1 and zip2 of NEON.
template <typename T>
using Vector [[gnu::vector_size(kVectorBytes)]] = T;

template <typename T, std::size_t kFrom, std::size_t... kIndices>
Vector<T> zip(Vector<T> a, Vector<T> b, std::index_sequence<kIndices...>) {
  return __builtin_shufflevector(a, b, (kFrom + kIndices / 2 + kIndices % 2 * kSide<T>)...);
}

/// Zipping the first half of all vectors with the second rotates an element's index by one bit; after
/// log2(kSide) times (lane, row) has become (row, lane).
template <typename T>
void transpose(Vector<T> (&square)[kSide<T>]) {
  constexpr std::size_t kHalf = kSide<T> / 2;
  constexpr auto kIndices = std::make_index_sequence<kSide<T>>();
  for (std::size_t step = 1; step < kSide<T>; step *= 2) {
    Vector<T> zipped[kSide<T>];
    for (std::size_t i = 0; i < kHalf; ++i) {
      zipped[2 * i] = zip<T, 0>(square[i], square[i + kHalf], kIndices);
      zipped[2 * i + 1] = zip<T, kHalf>(square[i], square[i + kHalf], kIndices);
    }
    for (std::size_t i = 0; i < kSide<T>; ++i) square[i] = zipped[i];
  }
}

template <typename T>
void gather_lane(const Lane& lane, std::size_t first, std::size_t n, std::byte* to, std::size_t to_stride) {
  for (std::size_t row = 0; row < n; ++row)
    std::memcpy(to + row * to_stride + lane.to, lane.from + (first + row) * sizeof(T), sizeof(T));
}

/// kSide lanes without a gap.
template <typename T>
void gather_square(const Lane* lanes, std::size_t first, std::size_t n, std::byte* to,
                   std::size_t to_stride) {
  std::size_t row = 0;
  for (; row + kSide<T> <= n; row += kSide<T>) {
    Vector<T> square[kSide<T>];
    for (std::size_t i = 0; i < kSide<T>; ++i)
      std::memcpy(&square[i], lanes[i].from + (first + row) * sizeof(T), kVectorBytes);
    transpose<T>(square);
    for (std::size_t i = 0; i < kSide<T>; ++i)
      std::memcpy(to + (row + i) * to_stride + lanes->to, &square[i], kVectorBytes);
  }
  for (std::size_t i = 0; i < kSide<T>; ++i)
    gather_lane<T>(lanes[i], first + row, n - row, to + row * to_stride, to_stride);
}

// What the next rows lie in: as many streams as there are lanes are more than the hardware follows.
void ask_for(std::span<const Lane> lanes, std::size_t begin, std::size_t end) {
  constexpr std::size_t kLine = 64;
  for (const Lane& lane : lanes) {
    for (std::size_t at = begin; at < end; at += kLine) __builtin_prefetch(lane.from + at, 0, 2);
  }
}

template <typename T>
void gather(std::span<const Lane> lanes, std::size_t first, std::size_t n, std::byte* to,
            std::size_t to_stride) {
  while (!lanes.empty()) {
    const bool is_square =
        lanes.size() >= kSide<T> && lanes[kSide<T> - 1].to - lanes[0].to == kVectorBytes - sizeof(T);
    if (is_square) {
      gather_square<T>(lanes.data(), first, n, to, to_stride);
    } else {
      gather_lane<T>(lanes[0], first, n, to, to_stride);
    }
    lanes = lanes.subspan(is_square ? kSide<T> : 1);
  }
}

}  // namespace

void gather_rows(std::span<const Lane> lanes, std::size_t width, std::size_t first, std::size_t n,
                 std::byte* to, std::size_t to_stride) {
  ask_for(lanes, (first + n) * width, (first + 2 * n) * width);
  switch (width) {
    case 1:
      return gather<std::uint8_t>(lanes, first, n, to, to_stride);
    case 2:
      return gather<std::uint16_t>(lanes, first, n, to, to_stride);
    case 4:
      return gather<std::uint32_t>(lanes, first, n, to, to_stride);
    default:
      return gather<std::uint64_t>(lanes, first, n, to, to_stride);
  }
}

}  // namespace evenscore
