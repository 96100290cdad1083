// The bits of each number that its type says it has, without padding: HDF5's filter 5, for integers and
// floats.
#include <fmt/format.h>

#include "codec/bit_reader.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

// Indices of the client data.
enum : std::size_t { kCount, kNoChange, kElements, kClass, kSize, kOrder, kPrecision, kOffset, kValues };
constexpr std::uint32_t kAtomic = 1;
constexpr std::uint32_t kBigEndian = 1;

struct Packing {
  std::size_t elements, size;
  bool big_endian;
  unsigned precision, offset;
  std::size_t stored_bytes() const { return elements * precision / 8 + 1; }
};

template <typename T>
void unpack(const Packing& packing, std::span<const std::byte> stored, std::byte* out) {
  BitReader bits(stored);
  for (std::size_t i = 0; i < packing.elements; ++i) {
    const auto value = static_cast<T>(bits.take(packing.precision) << packing.offset);
    store(out + i * sizeof(T), packing.big_endian ? swap_bytes(value) : value);
  }
}

class Nbit : public Undo {
 public:
  explicit Nbit(const Packing& packing) : packing_(packing) {}

  SizeRange filtered(SizeRange) const override { return {packing_.stored_bytes(), packing_.stored_bytes()}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    const std::size_t made = packing_.elements * packing_.size;
    if (stored.size() != packing_.stored_bytes()) fail_damaged("nbit", "they have another length");
    require_room("nbit", made, out);
    switch (packing_.size) {
      case 1:
        unpack<std::uint8_t>(packing_, stored, out.data());
        break;
      case 2:
        unpack<std::uint16_t>(packing_, stored, out.data());
        break;
      case 4:
        unpack<std::uint32_t>(packing_, stored, out.data());
        break;
      default:
        unpack<std::uint64_t>(packing_, stored, out.data());
    }
    return made;
  }

 private:
  Packing packing_;
};

}  // namespace

std::unique_ptr<Undo> make_nbit(const Filter& filter, const ChunkShape& shape) {
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() < 2 || values[kCount] != values.size())
    fail_client_data(filter, "its parameters are cut");
  if (values[kNoChange] != 0) return make_unchanged();  // types without padding
  if (values.size() <= kClass) fail_client_data(filter, "its parameters are cut");
  if (values[kClass] != kAtomic) fail_unsupported("nbit of compound or array elements");
  if (values.size() != kValues) fail_client_data(filter, "its parameters are cut");
  const std::size_t size = values[kSize];
  if (size != 1 && size != 2 && size != 4 && size != 8) {
    fail_unsupported(fmt::format("nbit of numbers of {} bytes", size));
  }
  const Packing packing{values[kElements], size, values[kOrder] == kBigEndian, values[kPrecision],
                        values[kOffset]};
  if (size != shape.element_bytes || packing.elements != shape.chunk_bytes / size) {
    fail_client_data(filter, "it is for chunks of another size");
  }
  if (values[kOrder] > kBigEndian || packing.precision == 0 || packing.precision > size * 8 ||
      packing.offset > size * 8 - packing.precision) {
    fail_client_data(filter, "its numbers have more bits than room");
  }
  return std::make_unique<Nbit>(packing);
}

}  // namespace evenscore::codec
