#pragma once

#include "evenscore/verify.h"
#include "verify/class_index.h"
#include "verify/comparison.h"
#include "verify/probability_quality.h"

namespace evenscore::verifier {

/// The true labels of the rows, and what they say about the predictions of two sides, batch by batch. One
/// thread at a time.
class TrueLabels {
 public:
  /// Throws Error: as LabelSource, shape_mismatch when there are not `rows` of them.
  /// `ranking_memory` is for both sides; 0 = no ranking metrics.
  TrueLabels(const FileLocation& location, const ClassIndex& classes, std::int64_t rows,
             std::size_t ranking_memory);

  /// Predictions of rows [first, first + n): `before` and `after`, either without labels perhaps. Throws
  /// Error: bad_request for a true label that is no class, storage_failure.
  void add(std::int64_t first, std::int64_t n, const SideView& before, const SideView& after);

  /// Fills in metrics and hidden losses; sources[0] of the report is "before", sources[1] "after", unless
  /// before_source and after_source say otherwise.
  void report(VerifyReport& report);

 private:
  FileLocation location_;
  const ClassIndex& classes_;
  LabelSource source_;
  ConfusionCounts before_, after_;
  ProbabilityQuality before_quality_, after_quality_;
  bool has_before_ = false, has_after_ = false;
};

}  // namespace evenscore::verifier
