#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore {

enum class LabelKind : std::uint8_t { integer, real, boolean, string };

/// Class labels, or a column of them: one of the three vectors is in use.
struct Labels {
  LabelKind kind = LabelKind::integer;
  ElementType element = ElementType::i64;  ///< of integers and reals, as they are stored; booleans: u8
  std::vector<std::int64_t> integers;      ///< integers (u64 by its bits) and booleans (0, 1)
  std::vector<double> reals;
  std::vector<std::string> strings;  ///< UTF-8

  std::size_t size() const {
    if (kind == LabelKind::string) return strings.size();
    return kind == LabelKind::real ? reals.size() : integers.size();
  }

  bool operator==(const Labels&) const = default;
};

}  // namespace evenscore
