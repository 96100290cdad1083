// sklearn.svm.LinearSVC and LinearSVR: x . coef_ + intercept_.
#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSvcSavedAs{"sklearn.svm._classes.LinearSVC",
                                                      "sklearn.svm.classes.LinearSVC"};
constexpr std::array<std::string_view, 2> kSvrSavedAs{"sklearn.svm._classes.LinearSVR",
                                                      "sklearn.svm.classes.LinearSVR"};
constexpr std::array<std::string_view, 13> kParams{
    "penalty",     "loss",          "epsilon",           "dual",         "tol",     "C",
    "multi_class", "fit_intercept", "intercept_scaling", "class_weight", "verbose", "random_state",
    "max_iter"};
constexpr std::array<FittedAttribute, 5> kSvcFitted{
    {{"n_features_in"}, {"classes", true}, {"coef", true}, {"intercept", true}, {"n_iter"}}};
constexpr std::array<FittedAttribute, 4> kSvrFitted{
    {{"n_features_in"}, {"coef", true}, {"intercept", true}, {"n_iter"}}};

}  // namespace

extern const StepClass kLinearSvc;
const StepClass kLinearSvc{
    "sklearn.svm.LinearSVC", kSvcSavedAs,       kParams,         kSvcFitted,    StepRole::predictor, {},
    check_linear_classifier, linear_n_features, lower_decisions, decision_rules};

extern const StepClass kLinearSvr;
const StepClass kLinearSvr{
    "sklearn.svm.LinearSVR", kSvrSavedAs,       kParams,         kSvrFitted,     StepRole::predictor, {},
    check_linear_regressor,  linear_n_features, lower_regressor, regressor_rules};

}  // namespace evenscore::steps
