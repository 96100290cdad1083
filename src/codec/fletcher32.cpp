// A checksum after the data: HDF5's filter 3.
#include <algorithm>

#include "codec/bytes.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kSumBytes = 4;

std::uint64_t fold(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// Of big-endian words of 16 bits, modulo 65535, where 65535 stands for 0 unless all are 0.
std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  constexpr std::size_t kWordsAtOnce = 1 << 16;  // second < 2^49
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  const std::byte* word = bytes.data();
  for (std::size_t left = bytes.size() / 2; left != 0;) {
    const std::size_t now = std::min(left, kWordsAtOnce);
    for (std::size_t i = 0; i < now; ++i, word += 2) {
      first += load_big_endian<std::uint16_t>(word);
      second += first;
    }
    first = fold(first);
    second = fold(second);
    left -= now;
  }
  if (bytes.size() % 2 != 0) {
    first += std::to_integer<std::uint64_t>(bytes.back()) << 8;
    second += first;
  }
  return static_cast<std::uint32_t>(fold(second) << 16 | fold(first));
}

/// Of HDF5 before 1.6.3 on little-endian machines.
std::uint32_t with_bytes_swapped(std::uint32_t sum) {
  return (sum & 0x00ff00ff) << 8 | (sum >> 8 & 0x00ff00ff);
}

class Fletcher32 : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override {
    return {bytes.least + kSumBytes, bytes.most + kSumBytes};
  }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    if (stored.size() < kSumBytes) fail_damaged("fletcher32", "there is no checksum");
    const std::span<const std::byte> data = stored.first(stored.size() - kSumBytes);
    require_room("fletcher32", data.size(), out);
    const auto written = load<std::uint32_t>(stored.data() + data.size());
    const std::uint32_t computed = fletcher32(data);
    if (written != computed && written != with_bytes_swapped(computed)) {
      fail_damaged("fletcher32", "the checksum is another one");
    }
    std::copy(data.begin(), data.end(), out.begin());
    return data.size();
  }
};

}  // namespace

std::unique_ptr<Undo> make_fletcher32() {
  return std::make_unique<Fletcher32>();
}

}  // namespace evenscore::codec
