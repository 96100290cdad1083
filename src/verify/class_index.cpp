#include "verify/class_index.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace evenscore::verifier {
namespace {

/// What decides whether two numeric labels are the same.
struct Number {
  enum class Kind { integer, large, fraction } kind;
  std::int64_t integer = 0;
  std::uint64_t large = 0;
  double fraction = 0.0;
};

Number number_of(const Labels& labels, std::size_t i) {
  if (labels.kind == LabelKind::real) {
    const double x = labels.reals[i];
    if (x == std::trunc(x) && x >= -0x1p63 && x < 0x1p63) {
      return {Number::Kind::integer, static_cast<std::int64_t>(x)};
    }
    if (x == std::trunc(x) && x >= 0x1p63 && x < 0x1p64) {
      return {Number::Kind::large, 0, static_cast<std::uint64_t>(x)};
    }
    return {Number::Kind::fraction, 0, 0, x};
  }
  const std::int64_t x = labels.integers[i];
  if (x < 0 && labels.kind == LabelKind::integer && labels.element == ElementType::u64) {
    return {Number::Kind::large, 0, static_cast<std::uint64_t>(x)};
  }
  return {Number::Kind::integer, x};
}

template <class Map, class Key>
std::int32_t find(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? kUnknownLabel : found->second;
}

bool is_missing(const Labels& labels, std::size_t i) {
  switch (labels.kind) {
    case LabelKind::string:
      return labels.strings[i].empty();
    case LabelKind::real:
      return std::isnan(labels.reals[i]);
    case LabelKind::boolean:
      return false;
    default:
      break;
  }
  if (!is_signed_integer(labels.element)) return labels.integers[i] == 0;
  const auto bits = static_cast<int>(8 * element_size(labels.element));
  return labels.integers[i] == std::numeric_limits<std::int64_t>::min() >> (64 - bits);
}

}  // namespace

ClassIndex::ClassIndex(const Labels& classes) {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto index = static_cast<std::int32_t>(i);
    names_.push_back(label_text(classes, i));
    if (classes.kind == LabelKind::string) {
      strings_.emplace(classes.strings[i], index);
      continue;
    }
    const Number number = number_of(classes, i);
    if (number.kind == Number::Kind::integer) integers_.emplace(number.integer, index);
    if (number.kind == Number::Kind::large) large_.emplace(number.large, index);
    if (number.kind == Number::Kind::fraction) fractions_.emplace(number.fraction, index);
  }
}

std::int32_t ClassIndex::of(const Labels& labels, std::size_t i) const {
  std::int32_t index = kUnknownLabel;
  if (labels.kind == LabelKind::string) {
    index = find(strings_, labels.strings[i]);
  } else {
    const Number number = number_of(labels, i);
    if (number.kind == Number::Kind::integer) index = find(integers_, number.integer);
    if (number.kind == Number::Kind::large) index = find(large_, number.large);
    if (number.kind == Number::Kind::fraction) index = find(fractions_, number.fraction);
  }
  return index == kUnknownLabel && is_missing(labels, i) ? kNoLabel : index;
}

std::vector<std::int32_t> ClassIndex::of(const Labels& labels) const {
  std::vector<std::int32_t> result(labels.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = of(labels, i);
  return result;
}

std::string label_text(const Labels& labels, std::size_t i) {
  switch (labels.kind) {
    case LabelKind::string:
      return labels.strings[i];
    case LabelKind::boolean:
      return labels.integers[i] != 0 ? "True" : "False";
    case LabelKind::real: {
      const std::string text = fmt::format("{}", labels.reals[i]);
      return text.find_first_of(".en") == std::string::npos ? fmt::format("{}.0", text) : text;
    }
    default:
      break;
  }
  if (labels.element == ElementType::u64)
    return fmt::format("{}", static_cast<std::uint64_t>(labels.integers[i]));
  return fmt::format("{}", labels.integers[i]);
}

}  // namespace evenscore::verifier
