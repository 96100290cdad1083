#include "steps/step_sequence.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::steps {
namespace {

std::string place_of(const Step& step, std::size_t index, const std::string& place) {
  if (step.name.empty()) return place + step.class_name;
  return fmt::format("{}steps[{}] '{}'", place, index, step.name);
}

void check_fitted(const Step& step, const StepClass& step_class, const std::string& place) {
  for (const FittedAttribute& attribute : step_class.fitted) {
    if (!attribute.required || step.attribute(attribute.name) != nullptr) continue;
    throw Error(ErrorCode::not_fitted,
                fmt::format("{} has no '{}_': it was saved before fit()", step.class_name, attribute.name),
                place, "call fit() on the pipeline and save it again");
  }
  if (!step_class.wrapped.empty() && step.steps.size() != 1) {
    throw Error(
        ErrorCode::not_fitted,
        fmt::format("{} has no '{}': it was saved before fit()", step.class_name, step_class.wrapped[0]),
        place, "call fit() on the pipeline and save it again");
  }
}

}  // namespace

std::int64_t columns_of(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const StepClass* step_class = find_step_class(step.class_name);
    const std::int64_t n = step_class == nullptr ? kAnyColumns : step_class->n_features(step);
    if (n != kAnyColumns) return n;
  }
  return kAnyColumns;
}

bool predicts(const std::vector<Step>& steps) {
  if (steps.empty()) return false;
  const StepClass* last = find_step_class(steps.back().class_name);
  if (last == nullptr) return false;
  return last->role == StepRole::sequence ? predicts(steps.back().steps) : last->role == StepRole::predictor;
}

const Step& predictor(const std::vector<Step>& steps) {
  const Step& last = steps.back();
  return last.steps.empty() ? last : predictor(last.steps);
}

std::int64_t check_steps(const std::vector<Step>& steps, std::int64_t n_in, const std::string& place,
                         int depth) {
  if (depth > kMostNested) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("more than {} estimators inside each other", kMostNested), place);
  }
  std::int64_t n_columns = n_in;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const std::string here = place_of(step, i, place);
    const StepClass* step_class = find_step_class(step.class_name);
    if (step_class == nullptr) {
      if (step.class_name == kPassthrough) continue;
      throw Error(ErrorCode::unsupported, fmt::format("{} is not supported", step.class_name), here);
    }
    check_fitted(step, *step_class, here);
    if (step_class->role == StepRole::sequence && step.steps.empty())
      throw Error(ErrorCode::not_a_model, "the pipeline has no steps", here);
    const bool is_last = i + 1 == steps.size();
    const bool makes_predictions = step_class->role == StepRole::sequence
                                       ? predicts(step.steps)
                                       : step_class->role == StepRole::predictor;
    if (makes_predictions && !is_last) {
      throw Error(ErrorCode::corrupt_file, fmt::format("{} is not the last step", step.class_name), here);
    }
    const std::int64_t fitted_on = step_class->n_features(step);
    if (fitted_on != kAnyColumns && fitted_on != n_columns) {
      throw Error(
          ErrorCode::corrupt_file,
          fmt::format("{} was fitted on {} columns, and {} reach it", step.class_name, fitted_on, n_columns),
          here, "save the model again with scikit-learn");
    }
    const std::int64_t n_nested =
        step.steps.empty() ? n_columns : check_steps(step.steps, n_columns, here + ", ", depth + 1);
    n_columns = step_class->role == StepRole::sequence ? n_nested : step_class->check(step, n_columns);
  }
  return n_columns;
}

void lower_steps(const std::vector<Step>& steps, ProgramBuilder& program) {
  for (const Step& step : steps) {
    if (const StepClass* step_class = find_step_class(step.class_name)) step_class->lower(step, program);
  }
}

}  // namespace evenscore::steps
