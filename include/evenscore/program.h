#pragma once

#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "evenscore/pipeline.h"
#include "evenscore/stage.h"

namespace evenscore {

/// How f32 rows are scored (docs/arithmetic.md, section 2).
enum class Arithmetic : std::uint8_t {
  exact,    ///< a row's values are the exact numbers they are
  sklearn,  ///< the f32 roundings of the scikit-learn release that saved the pipeline
};

struct CompileOptions {
  Arithmetic arithmetic = Arithmetic::exact;
  ElementType rows = ElementType::f64;  ///< the rows' type; matters to `sklearn` alone
  /// Whether a scale may be folded into weights. Engines' bits are those of folded Programs
  /// (docs/arithmetic.md); the verifier's referee computes the fitted numbers as they are.
  bool fold = true;
};

/// What an engine runs: a short list of stages, then a link. Knows no scikit-learn class. Immutable after
/// compile(); safe to share between threads.
struct Program {
  std::vector<Stage> stages;
  std::vector<double> constants;
  std::vector<Validity> validity;
  std::int32_t n_classes = 0;  ///< 0 for a regressor
  std::int32_t n_targets = 0;  ///< of a regressor
  LinkKind link = LinkKind::sigmoid;
  LabelRule label_rule = LabelRule::score;
  bool positive_first = false;
  bool uniform_if_zero = false;
  bool complement_first = false;
  bool check_inputs = false;
  double threshold = 0.0;

  std::int64_t n_features() const { return static_cast<std::int64_t>(validity.size()); }
  std::int32_t n_scores() const { return is_regressor() ? n_targets : n_classes == 2 ? 1 : n_classes; }
  bool is_regressor() const { return n_classes == 0; }
  bool has_proba() const { return !is_regressor() && link != LinkKind::none; }
  /// Columns of proba and log_proba: n_classes, or 0 where there are no probabilities.
  std::int32_t n_proba() const { return has_proba() ? n_classes : 0; }
  /// The most values that a row has between two stages.
  std::int64_t widest() const;
  ProgramView view() const;
};

/// Lowers a checked pipeline. The centre-and-scale step directly before a linear one is folded into it where
/// docs/arithmetic.md allows. Throws Error (unsupported) where `sklearn` arithmetic has no fixed bits.
Program compile(const Pipeline& pipeline, const CompileOptions& options = {});

/// One line a stage, for `inspect -v` and tests.
std::string to_string(const Program& program);

}  // namespace evenscore
