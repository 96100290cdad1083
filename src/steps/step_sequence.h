#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "steps/step_class.h"

/// Steps one after the other: those of a pipeline, or of a pipeline nested in it.
namespace evenscore::steps {

/// The pipeline file numbers steps by three digits.
constexpr std::size_t kMostSteps = 1000;
/// Pipelines and wrapping estimators inside each other.
constexpr int kMostNested = 12;

/// Columns that the first step which tells was fitted on, or kAnyColumns.
std::int64_t columns_of(const std::vector<Step>& steps);

/// Whether the last step, or the last one in it, makes predictions.
bool predicts(const std::vector<Step>& steps);

/// The step that makes the predictions, wrappers and nested pipelines opened; it has a StepClass.
const Step& predictor(const std::vector<Step>& steps);

/// Checks each step and that it fits the one before; returns the columns, or scores, of the last. Throws
/// Error: unsupported, not_fitted, corrupt_file, limit_exceeded, with the step as the place: "steps[1]
/// 'pca'".
std::int64_t check_steps(const std::vector<Step>& steps, std::int64_t n_in, const std::string& place,
                         int depth);

void lower_steps(const std::vector<Step>& steps, ProgramBuilder& program);

}  // namespace evenscore::steps
