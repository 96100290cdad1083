// sklearn.feature_selection.RFE and RFECV: the columns that were left when they were fitted.
#include <array>

#include "steps/selected_columns.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kRfeSavedAs{"sklearn.feature_selection._rfe.RFE",
                                                      "sklearn.feature_selection.rfe.RFE"};
constexpr std::array<std::string_view, 2> kRfecvSavedAs{"sklearn.feature_selection._rfe.RFECV",
                                                        "sklearn.feature_selection.rfe.RFECV"};
constexpr std::array<std::string_view, 9> kParams{"estimator",
                                                  "n_features_to_select",
                                                  "step",
                                                  "verbose",
                                                  "importance_getter",
                                                  "min_features_to_select",
                                                  "cv",
                                                  "scoring",
                                                  "n_jobs"};
constexpr std::array<FittedAttribute, 4> kFitted{
    {{"n_features_in"}, {"n_features"}, {"support", true}, {"ranking", true}}};

std::vector<bool> support(const Step& step, std::int64_t n_columns) {
  const Array* array = step.attribute("support");
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_columns)};
  if (array == nullptr || array->kind != Array::Kind::boolean || array->shape != shape)
    refuse(step, "support", "not an array of booleans, one a column");
  std::vector<bool> support;
  for (const std::int64_t kept : to_i64(*array)) support.push_back(kept != 0);
  return support;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  return count_selected(step, support(step, n_in));
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"support"});
}

void lower(const Step& step, ProgramBuilder& program) {
  lower_selection(support(step, program.n_columns()), Validity::finite, program);
}

std::string rules(const Step&) {
  return "the columns that were left at fit";
}

}  // namespace

extern const StepClass kRfe;
const StepClass kRfe{"sklearn.feature_selection.RFE",
                     kRfeSavedAs,
                     kParams,
                     kFitted,
                     StepRole::transformer,
                     {},
                     check,
                     n_features,
                     lower,
                     rules};

extern const StepClass kRfecv;
const StepClass kRfecv{"sklearn.feature_selection.RFECV",
                       kRfecvSavedAs,
                       kParams,
                       kFitted,
                       StepRole::transformer,
                       {},
                       check,
                       n_features,
                       lower,
                       rules};

}  // namespace evenscore::steps
