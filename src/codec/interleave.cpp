#include "codec/interleave.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace evenscore::codec {
namespace {

// The compilers' own vectors: punpcklbw and punpckhbw of SSE2, zip1 and zip2 of NEON.
constexpr std::size_t kLanes = 16;
using Lanes = std::uint8_t __attribute__((vector_size(kLanes)));

Lanes zip_lower(Lanes a, Lanes b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
Lanes zip_upper(Lanes a, Lanes b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// Sixteen elements. Zipping the first half of all bytes with the second rotates a byte's index by one bit;
/// after log2(kWidth) times (plane, element) has become (element, plane).
template <std::size_t kWidth>
inline void interleave_lanes(const std::byte* planes, std::size_t stride, std::byte* out) {
  Lanes lanes[kWidth];
  for (std::size_t i = 0; i < kWidth; ++i) std::memcpy(&lanes[i], planes + i * stride, kLanes);
  for (std::size_t step = 1; step < kWidth; step *= 2) {
    Lanes zipped[kWidth];
    for (std::size_t i = 0; i < kWidth / 2; ++i) {
      zipped[2 * i] = zip_lower(lanes[i], lanes[i + kWidth / 2]);
      zipped[2 * i + 1] = zip_upper(lanes[i], lanes[i + kWidth / 2]);
    }
    for (std::size_t i = 0; i < kWidth; ++i) lanes[i] = zipped[i];
  }
  for (std::size_t i = 0; i < kWidth; ++i) std::memcpy(out + i * kLanes, &lanes[i], kLanes);
}

void interleave_any(const std::byte* planes, std::size_t stride, std::size_t count, std::size_t width,
                    std::byte* out) {
  // A few elements at a time, so that what is written stays in the nearest cache from plane to plane.
  const std::size_t group = std::max<std::size_t>(1, 4096 / width);
  for (std::size_t begin = 0; begin < count; begin += group) {
    const std::size_t end = std::min(count, begin + group);
    for (std::size_t j = 0; j < width; ++j) {
      for (std::size_t i = begin; i < end; ++i) out[i * width + j] = planes[j * stride + i];
    }
  }
}

template <std::size_t kWidth>
void interleave_fixed(const std::byte* planes, std::size_t stride, std::size_t count, std::byte* out) {
  std::size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    interleave_lanes<kWidth>(planes + done, stride, out + done * kWidth);
  }
  interleave_any(planes + done, stride, count - done, kWidth, out + done * kWidth);
}

}  // namespace

void interleave(const std::byte* planes, std::size_t stride, std::size_t count, std::size_t width,
                std::byte* out) {
  switch (width) {
    case 1:
      if (count != 0) std::memcpy(out, planes, count);
      return;
    case 2:
      return interleave_fixed<2>(planes, stride, count, out);
    case 4:
      return interleave_fixed<4>(planes, stride, count, out);
    case 8:
      return interleave_fixed<8>(planes, stride, count, out);
    default:
      return interleave_any(planes, stride, count, width, out);
  }
}

}  // namespace evenscore::codec
