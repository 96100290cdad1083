#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/metrics.h"
#include "evenscore/model_difference.h"
#include "evenscore/model_file.h"
#include "evenscore/prediction_file.h"
#include "evenscore/rows_file.h"
#include "evenscore/verify_comparison.h"

namespace evenscore {

/// For sorting scores, unless said otherwise; what does not fit goes to temporary files.
inline constexpr std::size_t kRankingMemory = std::size_t{512} << 20;

/// What to verify. The model is borrowed for the call.
struct VerifyJob {
  const ModelFile& model;
  std::string rows_path;
  RowsOptions rows_options = {};
  std::vector<EngineKind> engines = {};  ///< one with `against`; else two or more, compared with the first
  EngineOptions engine_options = {};
  Arithmetic arithmetic = Arithmetic::exact;
  std::optional<FileLocation> against = {};  ///< stored predictions for the same rows
  std::optional<FileLocation> labels = {};   ///< the true labels of the same rows
  /// Default: bitwise between engines and for predictions that evenscore wrote, else bound.
  std::optional<VerifyMode> mode = {};
  Tolerances tolerances = {};   ///< for mode tolerance, which needs at least one
  std::int64_t batch_rows = 0;  ///< 0 = chosen; never changes a bit
  std::int64_t sample = 0;      ///< compare so many rows, chosen at random; 0 = all
  std::uint64_t seed = 0;       ///< chooses the sample
  /// Called with each row whose label rounding could change, in order.
  std::function<void(std::int64_t row)> uncertified = {};
  /// A model that must have the same steps, parameters and fitted values, or the verdict is `different`;
  /// borrowed.
  const ModelFile* structure = nullptr;
  std::string structure_name = {};  ///< its file, for the report
  /// The stored predictions must say, by their pipeline digest, that this model made them.
  bool same_pipeline = false;
  std::size_t ranking_memory = kRankingMemory;  ///< with labels: for sorting; 0 = no ranking metrics
  bool mark_bad_rows = false;  ///< count rows that cannot be scored instead of stopping at the first
  std::function<void(std::int64_t rows_done, std::int64_t rows_total)> progress = {};  ///< after each batch
};

/// Steps, parameters and fitted values beside those of another model.
struct StructureReport {
  std::string against;                       ///< the other model's file
  std::vector<ModelDifference> differences;  ///< none = the same, bit for bit
};

/// What verify() found. Plain data.
struct VerifyReport {
  static constexpr std::size_t kUncertifiedShown = 100;

  Verdict verdict = Verdict::different;
  VerifyMode mode = VerifyMode::bitwise;
  std::string reason;                      ///< one sentence that says why the verdict is what it is
  std::vector<std::string> likely_causes;  ///< of the verdict different: simple patterns that the data show
  std::int64_t rows = 0;
  std::vector<std::string> sources;  ///< side names as `a` and `b` use them: engines, the stored file
  std::vector<std::string> engines;  ///< Engine::description of those that ran
  std::vector<std::string> notes;    ///< what a reader should know of the comparison
  bool has_model = true;  ///< false = compare(): the fields about model, rows and engines are empty
  std::string rows_name, rows_dataset;  ///< file name without folders
  std::string element_type;             ///< of the rows: "float32"
  Arithmetic arithmetic = Arithmetic::exact;
  Tolerances tolerances;
  std::string pipeline_digest, sklearn_version;
  ComparisonResult comparison;
  std::int64_t rows_judged = 0;          ///< by the referee: rows that differ, or were sampled; at most 2,000
  std::vector<RefereeVerdict> referee;   ///< a is our engine, b the other side
  std::int64_t bad_rows = 0;             ///< rows that cannot be scored
  std::optional<std::uint64_t> sampled;  ///< the seed, where not all rows were compared
  std::vector<std::string> class_names;
  /// With labels. `before` is missing when the stored predictions have no labels.
  std::optional<ClassificationMetrics> before, after;
  std::string before_source, after_source;
  std::vector<std::string> hidden_losses;  ///< see metrics.h
  std::vector<std::int64_t>
      first_uncertified;  ///< rows whose label rounding could change; at most kUncertifiedShown
  std::optional<StructureReport> structure;  ///< with VerifyJob::structure

  bool accepted() const { return verdict != Verdict::different; }
};

/// Scores the rows on the engines and compares the results with each other, or with stored predictions, in
/// batches: memory does not grow with rows. Unequal row counts or classes are the verdict `different`, not an
/// error. Throws Error: bad_request (engines, tolerances, nothing to compare, a true label that is no class
/// of the model), shape_mismatch (rows, columns or labels that do not fit), unscorable_row naming the first
/// such row in row order and its column unless `mark_bad_rows`, and what RowSource, PredictionSource,
/// LabelSource, make_engine and Engine::run throw.
VerifyReport verify(const VerifyJob& job);

/// One JSON object, schema "evenscore-verify-1", or "evenscore-compare-1" without a model: 64-bit integers,
/// bit patterns and non-finite numbers are strings.
std::string to_json(const VerifyReport& report);

/// For people: the verdict in one sentence, then tables.
std::string to_text(const VerifyReport& report);

/// For people: one HTML file that needs nothing else, for screens of any width, dark mode and print.
std::string to_html(const VerifyReport& report);

/// For CI: JUnit XML, a test case for the verdict, each output, the labels, and losses that accuracy hides.
std::string to_junit(const VerifyReport& report);

}  // namespace evenscore
