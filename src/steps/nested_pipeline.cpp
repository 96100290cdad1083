// sklearn.pipeline.Pipeline as a step of another one, or inside an estimator that wraps it.
#include <fmt/format.h>

#include <array>

#include "steps/step_class.h"
#include "steps/step_sequence.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 1> kSavedAs{"sklearn.pipeline.Pipeline"};
constexpr std::array<std::string_view, 3> kParams{"memory", "verbose", "transform_input"};

std::int64_t keep_columns(const Step&, std::int64_t n_in) {
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return columns_of(step.steps);
}

void lower(const Step& step, ProgramBuilder& program) {
  lower_steps(step.steps, program);
}

std::string rules(const Step& step) {
  return fmt::format("{} steps, one after the other", step.steps.size());
}

}  // namespace

extern const StepClass kNestedPipeline;
const StepClass kNestedPipeline{"sklearn.pipeline.Pipeline",
                                kSavedAs,
                                kParams,
                                {},
                                StepRole::sequence,
                                {},
                                keep_columns,
                                n_features,
                                lower,
                                rules};

}  // namespace evenscore::steps
