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
};

/// What an engine runs: a short list of stages, then a link. Knows no scikit-learn class. Immutable after
/// compile(); safe to share between threads.
struct Program {
  std::vector<Stage> stages;
  std::vector<double> constants;
  std::vector<Validity> validity;
  std::int32_t n_classes = 0;
  LinkKind link = LinkKind::sigmoid;
  bool complement_first = false;
  bool check_inputs = false;

  std::int64_t n_features() const { return static_cast<std::int64_t>(validity.size()); }
  std::int32_t n_scores() const { return n_classes == 2 ? 1 : n_classes; }
  ProgramView view() const;
};

/// Lowers a checked pipeline. The centre-and-scale step directly before a linear one is folded into it where
/// docs/arithmetic.md allows. Throws Error (unsupported) where `sklearn` arithmetic has no fixed bits.
Program compile(const Pipeline& pipeline, const CompileOptions& options = {});

/// One line a stage, for `inspect -v` and tests.
std::string to_string(const Program& program);

}  // namespace evenscore
