// sklearn.feature_selection.VarianceThreshold: the columns whose variance at fit was above the threshold.
#include <fmt/format.h>

#include <array>

#include "steps/selected_columns.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{
    "sklearn.feature_selection._variance_threshold.VarianceThreshold",
    "sklearn.feature_selection.variance_threshold.VarianceThreshold"};
constexpr std::array<std::string_view, 1> kParams{"threshold"};
constexpr std::array<FittedAttribute, 2> kFitted{{{"n_features_in"}, {"variances", true}}};
/// From here on transform() lets NaN and infinity pass.
constexpr SklearnVersion kAllowsAll{0, 22};

std::vector<bool> support(const Step& step, std::int64_t n_columns) {
  const double threshold = number_param(step, "threshold", 0.0);
  std::vector<bool> support;
  for (const double variance : any_values(step, "variances", {static_cast<std::uint64_t>(n_columns)}))
    support.push_back(variance > threshold);
  return support;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  return count_selected(step, support(step, n_in));
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"variances"});
}

void lower(const Step& step, ProgramBuilder& program) {
  lower_selection(support(step, program.n_columns()),
                  version_of(step) >= kAllowsAll ? Validity::any : Validity::finite, program);
}

std::string rules(const Step& step) {
  return fmt::format("columns whose variance was above {}", number_param(step, "threshold", 0.0));
}

}  // namespace

extern const StepClass kVarianceThreshold;
const StepClass kVarianceThreshold{"sklearn.feature_selection.VarianceThreshold",
                                   kSavedAs,
                                   kParams,
                                   kFitted,
                                   StepRole::transformer,
                                   {},
                                   check,
                                   n_features,
                                   lower,
                                   rules};

}  // namespace evenscore::steps
