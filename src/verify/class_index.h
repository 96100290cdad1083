#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "evenscore/labels.h"

namespace evenscore::verifier {

constexpr std::int32_t kNoLabel = -1;  ///< the row has none: index -1, NaN, "", or the integer type's minimum
constexpr std::int32_t kUnknownLabel = -2;  ///< a label that is no class

/// From labels, as files hold them, to indices into a model's classes, by value: 1, 1.0 and true are one
/// label, "1" is another. Immutable; safe to share between threads.
class ClassIndex {
 public:
  explicit ClassIndex(const Labels& classes);

  std::int32_t size() const { return static_cast<std::int32_t>(names_.size()); }

  /// For people; as Python prints the value.
  const std::vector<std::string>& names() const { return names_; }

  /// Index of element i, kNoLabel for a missing value that is no class, or kUnknownLabel.
  std::int32_t of(const Labels& labels, std::size_t i) const;
  std::vector<std::int32_t> of(const Labels& labels) const;

 private:
  std::unordered_map<std::int64_t, std::int32_t> integers_;  ///< values in int64
  std::unordered_map<std::uint64_t, std::int32_t> large_;    ///< integers above int64, from u64
  std::unordered_map<double, std::int32_t> fractions_;       ///< reals that are no such integer
  std::unordered_map<std::string, std::int32_t> strings_;
  std::vector<std::string> names_;
};

/// Element i as Python prints it, strings without quotes.
std::string label_text(const Labels& labels, std::size_t i);

}  // namespace evenscore::verifier
