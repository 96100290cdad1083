#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evenscore/model_difference.h"
#include "evenscore/verify.h"

namespace evenscore {

/// Which models to compare, and on which rows. The models are borrowed for the call.
struct DiffJob {
  const ModelFile& a;
  const ModelFile& b;
  std::string a_name = "A", b_name = "B";  ///< for the report
  std::string rows_path = {};              ///< empty = structure alone
  RowsOptions rows_options = {};
  EngineKind engine = EngineKind::cpu;
  EngineOptions engine_options = {};
  Arithmetic arithmetic = Arithmetic::exact;
  std::function<void(std::int64_t rows_done, std::int64_t rows_total)> progress = {};  ///< after each batch
};

/// What one difference does by itself: model A with this from B, on a sample of the rows.
struct DifferenceEffect {
  std::string path;
  std::string why_not;  ///< where it cannot be exchanged by itself
  std::int64_t labels_changed = 0;
  std::int64_t rows_changed = 0;  ///< in any bit of a decision or prediction
  double max_abs = 0.0;           ///< change of a decision or prediction
};

struct DiffReport {
  std::string a_name, b_name;
  std::string a_digest, b_digest;  ///< of the pipelines
  std::vector<ModelDifference> differences;
  std::optional<VerifyReport> predictions;  ///< A against B on all rows, mode bitwise
  std::string not_compared;                 ///< why there are no predictions, where rows were given
  std::vector<DifferenceEffect> effects;    ///< largest first; where predictions differ
  std::int64_t effect_rows = 0;             ///< in the sample

  /// Same steps, parameters and fitted values, bit for bit. Where they were saved from may differ.
  bool identical() const { return differences.empty(); }
};

/// Compares steps, parameters and fitted arrays of two models, and with rows what they predict and which
/// difference causes it. Memory does not grow with rows. Throws Error: unscorable_row does not occur (such
/// rows count as they are); what RowSource, compile and make_engine throw.
DiffReport diff(const DiffJob& job);

/// One JSON object, schema "evenscore-diff-1".
std::string to_json(const DiffReport& report);

/// For people: the verdict in one sentence, then the differences.
std::string to_text(const DiffReport& report);

}  // namespace evenscore
