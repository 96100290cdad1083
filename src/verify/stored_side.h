#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/prediction_file.h"
#include "verify/class_index.h"
#include "verify/comparison.h"
#include "verify/prediction_shape.h"

namespace evenscore::verifier {

/// Stored predictions, batch by batch, as a side of a comparison. One thread at a time.
class StoredSide {
 public:
  /// Opens predictions of this shape, whose classes these are (none for a regressor). Throws Error: as
  /// PredictionSource, shape_mismatch when an output has other columns than the shape has, bad_request when
  /// it has nothing to compare, or probabilities that the shape does not have.
  StoredSide(const FileLocation& location, const ClassIndex& classes, const PredictionShape& shape);

  std::int64_t count() const { return source_.count(); }
  const std::string& name() const { return name_; }  ///< file name without folders, and the object
  bool written_by_evenscore() const;
  std::string attribute(const std::string& name) const { return source_.attribute(name).value_or(""); }
  /// A regressor has none, whatever the file holds.
  bool has_labels() const {
    return classes_.size() > 0 && (source_.labels() != nullptr || source_.has_label_index());
  }
  bool has(NumberOutput output) const { return source_.has(output); }
  /// f32 when any number is.
  OutputType type() const;

  /// Whether the stored classes, if any, are the model's, in its order.
  bool same_classes() const;

  /// Rows [first, first + n), borrowed until the next read. Where a file has labels and label indices that
  /// contradict each other, the one that is not `expected` (n; may be null) counts.
  SideView read(std::int64_t first, std::int64_t n, const std::int32_t* expected);

 private:
  NumbersView read_numbers(NumberOutput output, std::int64_t first, std::int64_t n,
                           std::vector<std::byte>& buffer);
  void read_labels(std::int64_t first, std::int64_t n, const std::int32_t* expected);

  PredictionSource source_;
  const ClassIndex& classes_;
  NumberOutput scores_;  ///< what holds the scores: decision, or a regressor's prediction
  std::string name_;
  std::vector<std::byte> decision_, proba_, log_proba_;
  Labels labels_;
  std::vector<std::int32_t> label_index_;
};

}  // namespace evenscore::verifier
