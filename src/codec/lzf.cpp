// LibLZF's format: h5py's filter 32000. A first byte below 32 announces so many literals less one; any other
// holds the length of a match, less two, in its high three bits (7: a byte follows that is added) and the
// high five of its distance, less one, of which the low eight follow.
#include <cstring>

#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr unsigned kLiterals = 32;
constexpr unsigned kLongLength = 7;
constexpr std::size_t kStep = 16;

/// A match may overlap what it makes. Up to kStep bytes behind it are written too where there is room.
void copy_match(std::byte* to, std::size_t distance, std::size_t length, std::size_t room) {
  const std::byte* from = to - distance;
  if (distance >= kStep && length + kStep <= room) {
    for (std::size_t i = 0; i < length; i += kStep) std::memcpy(to + i, from + i, kStep);
  } else if (distance >= length) {
    std::memcpy(to, from, length);
  } else if (distance == 1) {
    std::memset(to, std::to_integer<int>(*from), length);
  } else {
    for (std::size_t i = 0; i < length; ++i) to[i] = from[i];
  }
}

class Lzf : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override { return {0, bytes.most + bytes.most / 32 + 16}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    const std::byte* in = stored.data();
    const std::byte* const end = in + stored.size();
    std::size_t made = 0;
    while (in != end) {
      const auto first = std::to_integer<unsigned>(*in++);
      const std::size_t room = out.size() - made;
      const auto left = static_cast<std::size_t>(end - in);
      if (first < kLiterals) {
        const std::size_t length = first + 1;
        if (length > left) fail_damaged("lzf", "they end too early");
        if (length > room) fail_damaged("lzf", "they expand to more than a chunk");
        // As many as there can be: one copy of a fixed size.
        std::memcpy(out.data() + made, in, left >= kLiterals && room >= kLiterals ? kLiterals : length);
        in += length;
        made += length;
        continue;
      }
      std::size_t length = first >> 5;
      if (left < (length == kLongLength ? 2U : 1U)) fail_damaged("lzf", "they end too early");
      if (length == kLongLength) length += std::to_integer<std::size_t>(*in++);
      length += 2;
      const std::size_t distance = ((first & 31) << 8 | std::to_integer<std::size_t>(*in++)) + 1;
      if (distance > made) fail_damaged("lzf", "they repeat what is not there");
      if (length > room) fail_damaged("lzf", "they expand to more than a chunk");
      copy_match(out.data() + made, distance, length, room);
      made += length;
    }
    return made;
  }
};

}  // namespace

std::unique_ptr<Undo> make_lzf(const Filter& filter, const ChunkShape& shape) {
  // h5py stores its version, LibLZF's, and the chunk's size.
  if (filter.values.size() > 2 && filter.values[2] != 0 && filter.values[2] != shape.chunk_bytes) {
    fail_client_data(filter, "it is for chunks of another size");
  }
  return std::make_unique<Lzf>();
}

}  // namespace evenscore::codec
