#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evenscore/labels.h"
#include "h5/tree.h"

namespace evenscore {

/// `classes` as a dataset holds them: the value of /classes, whose element type /label shares.
/// Throws bad_request for reals that their element type does not hold.
h5::Value class_value(const Labels& classes);

/// The stored bytes of every class and of "no class", to turn label indices into labels.
class LabelTable {
 public:
  explicit LabelTable(const Labels& classes);

  const h5::StoredType& type() const { return type_; }
  std::size_t size() const { return count_; }

  /// False when every value of the type may be a class: then a missing label cannot be told (see
  /// PredictionWriter).
  bool can_be_missing() const { return has_missing_; }

  /// Writes the label of each index to `destination`, type().size() bytes each. Indices are in [-1, size()),
  /// and -1 only where can_be_missing().
  void write(std::span<const std::int32_t> indices, std::byte* destination) const;

 private:
  h5::StoredType type_;
  std::size_t count_;
  bool has_missing_;
  std::vector<std::byte> bytes_;  // of the classes, then of the missing label
};

}  // namespace evenscore
