#include "evenscore/array.h"

#include <cstring>

#include "evenscore/arith/element.h"

namespace evenscore {

std::vector<double> to_f64(const Array& array) {
  const ElementType type = array.kind == Array::Kind::boolean ? ElementType::u8 : array.type;
  std::vector<double> values(array.data.size() / element_size(type));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = arith::load_element(type, array.data.data() + i * element_size(type));
  }
  return values;
}

std::vector<std::int64_t> to_i64(const Array& array) {
  const ElementType type = array.kind == Array::Kind::boolean ? ElementType::u8 : array.type;
  const std::size_t size = element_size(type);
  std::vector<std::int64_t> values(array.data.size() / size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, array.data.data() + i * size, size);
    const int unused = 64 - 8 * static_cast<int>(size);
    values[i] = is_signed_integer(type) ? static_cast<std::int64_t>(bits << unused) >> unused
                                        : static_cast<std::int64_t>(bits);
  }
  return values;
}

Array make_array(const std::vector<double>& values) {
  Array array;
  array.kind = Array::Kind::number;
  array.dtype = "float64";
  array.shape = {values.size()};
  array.data.resize(values.size() * sizeof(double));
  if (!values.empty()) std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

}  // namespace evenscore
