#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "evenscore/pipeline.h"
#include "evenscore/sklearn_version.h"
#include "program/program_builder.h"

namespace evenscore::steps {

/// A fitted attribute, scikit-learn's name without the trailing underscore.
struct FittedAttribute {
  std::string_view name;
  bool required = false;  ///< its absence means the step was never fitted
  /// Where the file has it when that is not `name_`; dots lead into attributes of attributes.
  std::string_view saved_as = {};
};

enum class StepRole : std::uint8_t {
  transformer,  ///< gives columns
  predictor,    ///< gives classes or a regressor's values; ends a pipeline
  sequence,     ///< a Pipeline: what its last step is
};

/// Columns of a step that does not say how many it was fitted on (releases before 0.23).
constexpr std::int64_t kAnyColumns = -1;

/// Everything evenscore knows of one scikit-learn class. To support another: one such object in the file of
/// its family, one row in step_classes.cpp.
struct StepClass {
  std::string_view name;                       ///< as users import it: "sklearn.preprocessing.StandardScaler"
  std::span<const std::string_view> saved_as;  ///< as files name it, any release
  /// Constructor parameters of all supported releases, and other values kept as they are, by their path.
  std::span<const std::string_view> params;
  std::span<const FittedAttribute> fitted;
  StepRole role;
  /// Attributes of which the first that is there holds the estimator it wraps: Step::steps. Empty for most.
  std::span<const std::string_view> wrapped;

  /// Columns it makes, scores for a predictor. Throws Error unless values and shapes agree with each other
  /// and with `n_in` columns.
  std::int64_t (*check)(const Step& step, std::int64_t n_in);
  /// Columns that the step was fitted on, or kAnyColumns.
  std::int64_t (*n_features)(const Step& step);
  /// Appends what the step computes; a predictor says how its scores become predictions. It has been checked.
  void (*lower)(const Step& step, ProgramBuilder& program);
  /// One line for people about the rules of this step's release.
  std::string (*rules)(const Step& step);
};

std::span<const StepClass* const> step_classes();

/// By the name a pipeline file uses; null when unknown.
const StepClass* find_step_class(std::string_view name);

/// By the module and name a saved file uses; null when unknown.
const StepClass* find_saved_class(std::string_view module, std::string_view name);

/// The class name of 'passthrough' and None in a pipeline: no StepClass, nothing computed.
constexpr std::string_view kPassthrough = "passthrough";

}  // namespace evenscore::steps
