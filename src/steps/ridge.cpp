// sklearn.linear_model.Ridge, RidgeCV, RidgeClassifier and RidgeClassifierCV.
#include <array>

#include "evenscore/error.h"
#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kRidgeSavedAs{"sklearn.linear_model._ridge.Ridge",
                                                        "sklearn.linear_model.ridge.Ridge"};
constexpr std::array<std::string_view, 2> kRidgeCvSavedAs{"sklearn.linear_model._ridge.RidgeCV",
                                                          "sklearn.linear_model.ridge.RidgeCV"};
constexpr std::array<std::string_view, 2> kClassifierSavedAs{"sklearn.linear_model._ridge.RidgeClassifier",
                                                             "sklearn.linear_model.ridge.RidgeClassifier"};
constexpr std::array<std::string_view, 2> kClassifierCvSavedAs{
    "sklearn.linear_model._ridge.RidgeClassifierCV", "sklearn.linear_model.ridge.RidgeClassifierCV"};
constexpr std::array<std::string_view, 10> kRidgeParams{
    "alpha", "fit_intercept", "normalize", "copy_X",       "max_iter",
    "tol",   "solver",        "positive",  "random_state", "class_weight"};
constexpr std::array<std::string_view, 10> kCvParams{
    "alphas",   "fit_intercept",   "normalize",        "scoring",          "cv",
    "gcv_mode", "store_cv_values", "store_cv_results", "alpha_per_target", "class_weight"};
constexpr std::array<FittedAttribute, 4> kRegressorFitted{
    {{"n_features_in"}, {"coef", true}, {"intercept", true}, {"alpha"}}};
constexpr std::array<FittedAttribute, 6> kClassifierFitted{{{"n_features_in"},
                                                            {"classes", true, "_label_binarizer.classes_"},
                                                            {"y_type", true, "_label_binarizer.y_type_"},
                                                            {"coef", true},
                                                            {"intercept", true},
                                                            {"alpha"}}};

void refuse_multilabel(const Step& step) {
  const Array* type = step.attribute("y_type");
  const bool one_label = type != nullptr && type->strings.size() == 1 &&
                         (type->strings[0] == "binary" || type->strings[0] == "multiclass");
  if (one_label) return;
  throw Error(ErrorCode::unsupported, "only binary and multiclass targets are supported",
              step.name.empty() ? step.class_name : "step '" + step.name + "'",
              "score a model of several labels with scikit-learn");
}

std::int64_t check_classifier(const Step& step, std::int64_t n_in) {
  refuse_multilabel(step);
  return check_linear_classifier(step, n_in);
}

}  // namespace

extern const StepClass kRidge;
const StepClass kRidge{"sklearn.linear_model.Ridge",
                       kRidgeSavedAs,
                       kRidgeParams,
                       kRegressorFitted,
                       StepRole::predictor,
                       {},
                       check_linear_regressor,
                       linear_n_features,
                       lower_regressor,
                       regressor_rules};

extern const StepClass kRidgeCv;
const StepClass kRidgeCv{"sklearn.linear_model.RidgeCV",
                         kRidgeCvSavedAs,
                         kCvParams,
                         kRegressorFitted,
                         StepRole::predictor,
                         {},
                         check_linear_regressor,
                         linear_n_features,
                         lower_regressor,
                         regressor_rules};

extern const StepClass kRidgeClassifier;
const StepClass kRidgeClassifier{"sklearn.linear_model.RidgeClassifier",
                                 kClassifierSavedAs,
                                 kRidgeParams,
                                 kClassifierFitted,
                                 StepRole::predictor,
                                 {},
                                 check_classifier,
                                 linear_n_features,
                                 lower_decisions,
                                 decision_rules};

extern const StepClass kRidgeClassifierCv;
const StepClass kRidgeClassifierCv{"sklearn.linear_model.RidgeClassifierCV",
                                   kClassifierCvSavedAs,
                                   kCvParams,
                                   kClassifierFitted,
                                   StepRole::predictor,
                                   {},
                                   check_classifier,
                                   linear_n_features,
                                   lower_decisions,
                                   decision_rules};

}  // namespace evenscore::steps
