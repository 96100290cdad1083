// Numbers less their minimum in as few bits as hold them, floats first scaled by a power of ten: HDF5's
// filter 6. A chunk: bits of a number (4 bytes), bytes of the minimum (1), the minimum (8, and 8 unused),
// then the numbers.
#include <algorithm>
#include <cstdlib>

#include "codec/bit_reader.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

// Indices of the client data.
enum : std::size_t {
  kScaleType,
  kFactor,
  kElements,
  kClass,
  kSize,
  kSign,
  kOrder,
  kFill,
  kFillLow,
  kFillHigh
};
constexpr std::size_t kValues = 20;
constexpr std::uint32_t kDecimal = 0;  // scale type of floats
constexpr std::uint32_t kInteger = 2;  // scale type of integers
constexpr std::size_t kHeaderBytes = 21;
constexpr int kMostDigits = 22;  // 10^22 is the last power of ten that is a double

struct Packing {
  std::size_t elements, size;
  bool is_float, big_endian, has_fill;
  std::uint64_t fill;
  int digits;  ///< of floats: what is stored is the difference times 10^digits
};

/// 10^digits, rounded once to T.
template <typename T>
T power_of_ten(int digits) {
  double power = 1.0;
  for (int i = 0; i < std::abs(digits); ++i) power *= 10.0;
  return static_cast<T>(digits < 0 ? 1.0 / power : power);
}

template <typename T>
struct IntegerRule {
  T minimum;
  T operator()(T stored) const { return static_cast<T>(stored + minimum); }
};

/// What libhdf5 computes, to the bit: signed number over power of ten, plus minimum, each rounded.
template <typename T, typename Signed, typename Float>
struct FloatRule {
  Float minimum, power;
  T operator()(T stored) const {
    const Float scaled = static_cast<Float>(static_cast<Signed>(stored)) / power;
    return std::bit_cast<T>(static_cast<Float>(scaled + minimum));
  }
};

template <typename T, typename Rule>
void unpack(const Packing& packing, unsigned bits, BitReader numbers, const Rule& rule, std::byte* out) {
  const auto fill_code = static_cast<T>((std::uint64_t{1} << bits) - 1);
  for (std::size_t i = 0; i < packing.elements; ++i) {
    const T stored = bits == 0 ? T{0} : static_cast<T>(numbers.take(bits));
    const T value = packing.has_fill && stored == fill_code ? static_cast<T>(packing.fill) : rule(stored);
    store(out + i * sizeof(T), packing.big_endian ? swap_bytes(value) : value);
  }
}

template <typename T>
void copy(const Packing& packing, const std::byte* stored, std::byte* out) {
  for (std::size_t i = 0; i < packing.elements; ++i) {
    const T value = load<T>(stored + i * sizeof(T));
    store(out + i * sizeof(T), packing.big_endian ? swap_bytes(value) : value);
  }
}

template <typename T>
void undo_as(const Packing& packing, unsigned bits, std::uint64_t minimum, std::span<const std::byte> numbers,
             std::byte* out) {
  if (bits == sizeof(T) * 8) return copy<T>(packing, numbers.data(), out);
  if constexpr (sizeof(T) == 4) {
    if (packing.is_float) {
      const FloatRule<T, std::int32_t, float> rule{std::bit_cast<float>(static_cast<T>(minimum)),
                                                   power_of_ten<float>(packing.digits)};
      return unpack<T>(packing, bits, BitReader(numbers), rule, out);
    }
  }
  if constexpr (sizeof(T) == 8) {
    if (packing.is_float) {
      const FloatRule<T, std::int64_t, double> rule{std::bit_cast<double>(minimum),
                                                    power_of_ten<double>(packing.digits)};
      return unpack<T>(packing, bits, BitReader(numbers), rule, out);
    }
  }
  unpack<T>(packing, bits, BitReader(numbers), IntegerRule<T>{static_cast<T>(minimum)}, out);
}

class ScaleOffset : public Undo {
 public:
  explicit ScaleOffset(const Packing& packing) : packing_(packing) {}

  SizeRange filtered(SizeRange bytes) const override { return {kHeaderBytes, bytes.most + kHeaderBytes + 1}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    const std::size_t made = packing_.elements * packing_.size;
    require_room("scaleoffset", made, out);
    if (stored.size() < kHeaderBytes) fail_damaged("scaleoffset", "they end too early");
    const auto bits = load<std::uint32_t>(stored.data());
    if (bits > packing_.size * 8) fail_damaged("scaleoffset", "numbers have more bits than room");
    std::uint64_t minimum = 0;
    const std::size_t minimum_bytes = std::min<std::size_t>(8, std::to_integer<std::size_t>(stored[4]));
    std::memcpy(&minimum, stored.data() + 5, minimum_bytes);
    const std::span<const std::byte> numbers = stored.subspan(kHeaderBytes);
    const bool whole = bits == packing_.size * 8;
    if (numbers.size() != (whole ? made : packing_.elements * bits / 8 + 1)) {
      fail_damaged("scaleoffset", "they have another length");
    }
    switch (packing_.size) {
      case 1:
        undo_as<std::uint8_t>(packing_, bits, minimum, numbers, out.data());
        break;
      case 2:
        undo_as<std::uint16_t>(packing_, bits, minimum, numbers, out.data());
        break;
      case 4:
        undo_as<std::uint32_t>(packing_, bits, minimum, numbers, out.data());
        break;
      default:
        undo_as<std::uint64_t>(packing_, bits, minimum, numbers, out.data());
    }
    return made;
  }

 private:
  Packing packing_;
};

}  // namespace

std::unique_ptr<Undo> make_scale_offset(const Filter& filter, const ChunkShape& shape) {
  const std::vector<std::uint32_t>& values = filter.values;
  if (values.size() != kValues) fail_client_data(filter, "it has not twenty parameters");
  const std::size_t size = values[kSize];
  if (size != shape.element_bytes || values[kElements] != shape.chunk_bytes / size) {
    fail_client_data(filter, "it is for chunks of another size");
  }
  if (values[kClass] > 1 || values[kOrder] > 1) fail_client_data(filter, "its numbers are of no known type");
  const bool is_float = values[kClass] == 1;
  const bool usual = size == 4 || size == 8 || (!is_float && (size == 1 || size == 2));
  if (!usual) fail_unsupported("scaleoffset of numbers of unusual size");
  if (values[kScaleType] != (is_float ? kDecimal : kInteger)) fail_unsupported("scaleoffset of another kind");
  const auto factor = static_cast<std::int32_t>(values[kFactor]);
  if (!is_float && factor > static_cast<std::int32_t>(size * 8)) {
    fail_client_data(filter, "its numbers have more bits than room");
  }
  if (!is_float && factor == static_cast<std::int32_t>(size * 8)) return make_unchanged();
  if (is_float && (factor < -kMostDigits || factor > kMostDigits)) {
    fail_unsupported("scaleoffset with more than 22 digits");
  }
  const std::uint64_t fill = std::uint64_t{values[kFillHigh]} << 32 | values[kFillLow];
  return std::make_unique<ScaleOffset>(
      Packing{values[kElements], size, is_float, values[kOrder] == 1, values[kFill] == 1, fill, factor});
}

}  // namespace evenscore::codec
