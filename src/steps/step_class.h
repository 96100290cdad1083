#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "evenscore/pipeline.h"
#include "evenscore/sklearn_version.h"
#include "program/program_builder.h"

namespace evenscore::steps {

/// A fitted attribute, scikit-learn's name without the trailing underscore.
struct FittedAttribute {
  std::string_view name;
  bool required = false;  ///< its absence means the step was never fitted
};

/// Everything evenscore knows of one scikit-learn class. To support another: one file with such an object,
/// one row in step_classes.cpp.
struct StepClass {
  std::string_view name;                       ///< as users import it: "sklearn.preprocessing.StandardScaler"
  std::span<const std::string_view> saved_as;  ///< as files name it, any release
  std::span<const std::string_view> params;    ///< constructor parameters of all supported releases
  std::span<const FittedAttribute> fitted;
  bool predictor;  ///< gives scores and classes; ends a pipeline

  /// Throws Error unless values and shapes agree with each other and with `n_in` columns.
  void (*check)(const Step& step, std::int64_t n_in);
  /// Columns that the step was fitted on.
  std::int64_t (*n_features)(const Step& step);
  /// Appends what the step computes; for a predictor, up to the scores. The step has been checked.
  void (*lower)(const Step& step, ProgramBuilder& program);
  /// Predictors: how scores become probabilities.
  LinkKind (*link)(const Step& step);
  /// One line for people about the rules of this step's release, or empty.
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
