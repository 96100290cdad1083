// Rice coding of CCSDS 121.0: HDF5's filter 4. Four bytes of size, then the code, where numbers of 32 and 64
// bits are shuffled to bytes first and each scanline is filled up to whole blocks. libaec's own szlib.h is
// not used: of code that ends too early it returns memory that nobody wrote.
#include <libaec.h>

#include <algorithm>
#include <cstring>

#include "codec/bytes.h"
#include "codec/interleave.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kSizeBytes = 4;
// The options of szlib.h that change something.
constexpr std::uint32_t kBigEndian = 16;
constexpr std::uint32_t kPredicted = 32;

struct Coding {
  unsigned flags;        ///< of libaec
  unsigned bits;         ///< of a sample
  unsigned block;        ///< samples
  std::size_t scanline;  ///< samples, without what fills it up
  std::size_t planes;    ///< that numbers were shuffled to, 1 = they were not
  std::size_t sample_bytes() const { return bits > 16 ? 4 : bits > 8 ? 2 : 1; }
  std::size_t blocks() const { return (scanline + block - 1) / block; }
};

void decode(const Coding& coding, std::span<const std::byte> code, std::span<std::byte> out) {
  aec_stream stream = {};
  stream.next_in = reinterpret_cast<const unsigned char*>(code.data());
  stream.avail_in = code.size();
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = out.size();
  stream.bits_per_sample = coding.bits;
  stream.block_size = coding.block;
  stream.rsi = static_cast<unsigned>(coding.blocks());
  stream.flags = coding.flags;
  if (aec_buffer_decode(&stream) != AEC_OK) fail_damaged("szip", "they are no such code");
  if (stream.total_out != out.size()) fail_damaged("szip", "they end too early");
}

/// Moves scanlines together that are `padded` bytes apart.
void close_gaps(std::byte* lines, std::size_t line, std::size_t padded, std::size_t bytes) {
  for (std::size_t i = 1; i * line < bytes; ++i) {
    std::memmove(lines + i * line, lines + i * padded, std::min(line, bytes - i * line));
  }
}

class Szip : public Undo {
 public:
  explicit Szip(const Coding& coding) : coding_(coding) {}

  SizeRange filtered(SizeRange bytes) const override { return {kSizeBytes, bytes.most + kSizeBytes}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out,
                   Workspace& workspace) const override {
    if (stored.size() < kSizeBytes) fail_damaged("szip", "there is no size");
    const std::size_t made = load<std::uint32_t>(stored.data());
    require_room("szip", made, out);
    if (made % (coding_.sample_bytes() * coding_.planes) != 0) fail_damaged("szip", "they end in a number");
    if (made == 0) return 0;
    const std::size_t line = coding_.scanline * coding_.sample_bytes();
    const std::size_t padded = coding_.blocks() * coding_.block * coding_.sample_bytes();
    const std::size_t lines_before = (made - 1) / line;
    const std::size_t coded = made + lines_before * (padded - line);
    const bool direct = padded == line && coding_.planes == 1;
    const std::span<std::byte> decoded =
        direct ? out.first(made) : std::span(at_least(workspace.block, coded), coded);
    decode(coding_, stored.subspan(kSizeBytes), decoded);
    if (direct) return made;
    close_gaps(decoded.data(), line, padded, made);
    const std::size_t count = made / coding_.planes;
    interleave(decoded.data(), count, count, coding_.planes, out.data());
    return made;
  }

 private:
  Coding coding_;
};

}  // namespace

std::unique_ptr<Undo> make_szip(const Filter& filter) {
  constexpr std::uint32_t kOptions = 0xbf;  // all that szlib.h names
  constexpr std::uint32_t kMostBlock = 32;
  constexpr std::uint32_t kMostScanline = 4096;
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() != 4) fail_client_data(filter, "it has not four parameters");
  const std::uint32_t options = values[0];
  const std::uint32_t block = values[1];
  const std::uint32_t bits = values[2];
  const std::uint32_t scanline = values[3];
  if ((options & ~kOptions) != 0) fail_client_data(filter, "its options are unknown");
  if (block == 0 || block % 2 != 0 || block > kMostBlock)
    fail_client_data(filter, "its blocks are too large");
  if (bits == 0 || (bits > 24 && bits != 32 && bits != 64)) {
    fail_client_data(filter, "its numbers have too many bits");
  }
  // So a scanline at most doubles when it is filled up.
  if (scanline < block || scanline > kMostScanline) fail_client_data(filter, "its scanlines are too long");
  const unsigned flags = AEC_NOT_ENFORCE | ((options & kBigEndian) != 0 ? AEC_DATA_MSB : 0U) |
                         ((options & kPredicted) != 0 ? AEC_DATA_PREPROCESS : 0U);
  const bool shuffled = bits > 24;
  return std::make_unique<Szip>(Coding{flags, shuffled ? 8 : bits, block, scanline, shuffled ? bits / 8 : 1});
}

}  // namespace evenscore::codec
