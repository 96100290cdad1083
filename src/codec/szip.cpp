// Rice coding of CCSDS 121.0: HDF5's filter 4. Four bytes of size, then what libaec takes for szlib's.
#include <szlib.h>

#include "codec/bytes.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

constexpr std::size_t kSizeBytes = 4;

struct Parameters {
  int options, bits, block, scanline;
};

class Szip : public Undo {
 public:
  explicit Szip(const Parameters& parameters) : parameters_(parameters) {}

  SizeRange filtered(SizeRange bytes) const override { return {kSizeBytes, bytes.most + kSizeBytes}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    if (stored.size() < kSizeBytes) fail_damaged("szip", "there is no size");
    std::size_t made = load<std::uint32_t>(stored.data());
    require_room("szip", made, out);
    const std::size_t announced = made;
    if (made % element_bytes() != 0) fail_damaged("szip", "their size is no whole number of elements");
    if (made == 0) return 0;
    SZ_com_t parameters = {};
    parameters.options_mask = parameters_.options;
    parameters.bits_per_pixel = parameters_.bits;
    parameters.pixels_per_block = parameters_.block;
    parameters.pixels_per_scanline = parameters_.scanline;
    const std::span<const std::byte> code = stored.subspan(kSizeBytes);
    const int status = SZ_BufftoBuffDecompress(out.data(), &made, code.data(), code.size(), &parameters);
    if (status != SZ_OK || made != announced) fail_damaged("szip", "they end too early");
    return made;
  }

 private:
  std::size_t element_bytes() const {
    if (parameters_.bits > 16) return parameters_.bits > 32 ? 8 : 4;
    return parameters_.bits > 8 ? 2 : 1;
  }

  Parameters parameters_;
};

}  // namespace

std::unique_ptr<Undo> make_szip(const Filter& filter) {
  constexpr std::uint32_t kOptions = SZ_ALLOW_K13_OPTION_MASK | SZ_CHIP_OPTION_MASK | SZ_EC_OPTION_MASK |
                                     SZ_LSB_OPTION_MASK | SZ_MSB_OPTION_MASK | SZ_NN_OPTION_MASK |
                                     SZ_RAW_OPTION_MASK;
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() != 4) fail_client_data(filter, "it has not four parameters");
  const std::uint32_t block = values[1];
  const std::uint32_t bits = values[2];
  const std::uint32_t scanline = values[3];
  if ((values[0] & ~kOptions) != 0) fail_client_data(filter, "its options are unknown");
  if (block == 0 || block % 2 != 0 || block > SZ_MAX_PIXELS_PER_BLOCK) {
    fail_client_data(filter, "its blocks are none");
  }
  if (bits == 0 || (bits > 24 && bits != 32 && bits != 64)) fail_client_data(filter, "its elements are none");
  // A scanline is padded to whole blocks in memory: at most to its double.
  if (scanline < block || scanline > SZ_MAX_PIXELS_PER_SCANLINE) {
    fail_client_data(filter, "its scanlines are none");
  }
  return std::make_unique<Szip>(Parameters{static_cast<int>(values[0]), static_cast<int>(bits),
                                           static_cast<int>(block), static_cast<int>(scanline)});
}

}  // namespace evenscore::codec
