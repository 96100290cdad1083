#pragma once

#include <functional>
#include <optional>

#include "evenscore/verify.h"

namespace evenscore {

/// Which predictions to compare.
struct CompareJob {
  FileLocation a, b;                        ///< groups of predictions, whoever wrote them; a is "before"
  std::optional<FileLocation> labels = {};  ///< the true labels of the same rows
  /// bitwise, or tolerance, which needs at least one tolerance; bound needs the model: see verify().
  VerifyMode mode = VerifyMode::bitwise;
  Tolerances tolerances = {};
  std::size_t ranking_memory = kRankingMemory;  ///< with labels: for sorting; 0 = no ranking metrics
  std::function<void(std::int64_t rows_done, std::int64_t rows_total)> progress = {};  ///< after each batch
};

/// Compares two files of predictions in batches, without their model: memory does not grow with rows. Classes
/// are those that the files name, else the labels that occur in them. Nothing is certified, and no flip is
/// explained, for that takes the model. Unequal row counts or classes are the verdict `different`, not an
/// error. Throws Error: bad_request (mode bound, tolerances, nothing that both hold, a true label that is no
/// class), shape_mismatch (columns or labels that do not fit), and what PredictionSource and LabelSource
/// throw.
VerifyReport compare(const CompareJob& job);

}  // namespace evenscore
