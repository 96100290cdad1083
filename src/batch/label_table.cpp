#include "batch/label_table.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "evenscore/error.h"
#include "h5/value_write.h"

namespace evenscore {
namespace {

template <typename T, typename Source>
std::vector<std::byte> elements(const std::vector<Source>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T element = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

std::vector<std::byte> integer_bytes(const std::vector<std::int64_t>& values, ElementType element) {
  switch (element_size(element)) {
    case 1:
      return elements<std::int8_t>(values);
    case 2:
      return elements<std::int16_t>(values);
    case 4:
      return elements<std::int32_t>(values);
    default:
      return elements<std::int64_t>(values);
  }
}

std::vector<std::byte> real_bytes(const std::vector<double>& values, ElementType element) {
  if (element == ElementType::f64) return elements<double>(values);
  if (element == ElementType::f32) return elements<float>(values);
  throw Error(ErrorCode::bad_request, "class labels that are reals are float32 or float64");
}

std::int64_t smallest(ElementType element) {
  if (!is_signed_integer(element)) return 0;
  return std::numeric_limits<std::int64_t>::min() >> (64 - 8 * element_size(element));
}

// A value of the classes' type that is no class.
std::optional<Labels> missing_label(const Labels& classes) {
  Labels missing{classes.kind, classes.element, {}, {}, {}};
  switch (classes.kind) {
    case LabelKind::boolean:
      return std::nullopt;
    case LabelKind::integer:
      missing.integers = {smallest(classes.element)};
      break;
    case LabelKind::real:
      missing.reals = {std::numeric_limits<double>::quiet_NaN()};
      for (const double value : classes.reals) {
        if (std::isnan(value)) return std::nullopt;
      }
      return missing;
    case LabelKind::string:
      missing.strings = {""};
      break;
  }
  const auto holds = [](const auto& values, const auto& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  const bool is_class = classes.kind == LabelKind::string ? holds(classes.strings, missing.strings[0])
                                                          : holds(classes.integers, missing.integers[0]);
  return is_class ? std::nullopt : std::optional<Labels>(missing);
}

}  // namespace

h5::Value class_value(const Labels& classes) {
  h5::Value value;
  value.shape = {classes.size()};
  value.element = classes.element;
  switch (classes.kind) {
    case LabelKind::boolean:
      value.kind = h5::ValueKind::boolean;
      value.element = ElementType::u8;
      value.data = elements<std::uint8_t>(classes.integers);
      break;
    case LabelKind::integer:
      value.data = integer_bytes(classes.integers, classes.element);
      break;
    case LabelKind::real:
      value.data = real_bytes(classes.reals, classes.element);
      break;
    case LabelKind::string:
      value.kind = h5::ValueKind::string;
      value.element = ElementType::u8;
      value.strings = classes.strings;
      break;
  }
  return value;
}

LabelTable::LabelTable(const Labels& classes) : count_(classes.size()) {
  const h5::Value value = class_value(classes);
  const bool is_text = value.kind == h5::ValueKind::string;
  type_ = {value.kind, value.element, is_text ? h5::string_bytes(value) : 0};
  bytes_ = is_text ? h5::join_strings(value, type_.size()) : value.data;
  const std::optional<Labels> missing = missing_label(classes);
  has_missing_ = missing.has_value();
  if (!missing) return;
  const std::vector<std::byte> last =
      is_text ? std::vector<std::byte>(type_.size()) : class_value(*missing).data;
  bytes_.insert(bytes_.end(), last.begin(), last.end());
}

void LabelTable::write(std::span<const std::int32_t> indices, std::byte* destination) const {
  const std::size_t size = type_.size();
  for (const std::int32_t index : indices) {
    const std::size_t entry = index < 0 ? count_ : static_cast<std::size_t>(index);
    std::memcpy(destination, bytes_.data() + entry * size, size);
    destination += size;
  }
}

}  // namespace evenscore
