#include "codec/bit_planes.h"

#include <algorithm>

#include "codec/bytes.h"
#include "codec/interleave.h"

namespace evenscore::codec {
namespace {

/// Bit j of byte k becomes bit k of byte j, by swapping ever larger squares.
std::uint64_t transpose(std::uint64_t bits) {
  std::uint64_t moved = (bits ^ bits >> 7) & 0x00aa00aa00aa00aa;
  bits ^= moved ^ moved << 7;
  moved = (bits ^ bits >> 14) & 0x0000cccc0000cccc;
  bits ^= moved ^ moved << 14;
  moved = (bits ^ bits >> 28) & 0x00000000f0f0f0f0;
  return bits ^ moved ^ moved << 28;
}

}  // namespace

void gather_bits(const std::byte* bits, std::size_t count, std::size_t width, std::byte* out,
                 Workspace& workspace) {
  // So many groups of eight elements at once that their planes stay in the nearest cache.
  const std::size_t row = count / 8;
  const std::size_t most_groups = std::min(row, std::clamp<std::size_t>(1024 / width / 16 * 16, 16, 256));
  std::byte* planes = at_least(workspace.planes, most_groups * 8 * width);
  for (std::size_t begin = 0; begin < row; begin += most_groups) {
    const std::size_t groups = std::min(most_groups, row - begin);
    for (std::size_t j = 0; j < width; ++j) {
      std::byte* plane = planes + j * groups * 8;
      interleave(bits + 8 * j * row + begin, row, groups, 8, plane);
      for (std::size_t i = 0; i < groups; ++i) {
        store(plane + i * 8, transpose(load<std::uint64_t>(plane + i * 8)));
      }
    }
    interleave(planes, groups * 8, groups * 8, width, out + begin * 8 * width);
  }
}

}  // namespace evenscore::codec
