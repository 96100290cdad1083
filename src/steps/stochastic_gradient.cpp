// sklearn.linear_model.SGDClassifier, SGDRegressor, Perceptron and PassiveAggressiveClassifier and
// -Regressor.
#include <fmt/format.h>

#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSgdClassifierSavedAs{
    "sklearn.linear_model._stochastic_gradient.SGDClassifier",
    "sklearn.linear_model.stochastic_gradient.SGDClassifier"};
constexpr std::array<std::string_view, 2> kSgdRegressorSavedAs{
    "sklearn.linear_model._stochastic_gradient.SGDRegressor",
    "sklearn.linear_model.stochastic_gradient.SGDRegressor"};
constexpr std::array<std::string_view, 2> kPerceptronSavedAs{"sklearn.linear_model._perceptron.Perceptron",
                                                             "sklearn.linear_model.perceptron.Perceptron"};
constexpr std::array<std::string_view, 2> kPassiveAggressiveClassifierSavedAs{
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveClassifier",
    "sklearn.linear_model.passive_aggressive.PassiveAggressiveClassifier"};
constexpr std::array<std::string_view, 2> kPassiveAggressiveRegressorSavedAs{
    "sklearn.linear_model._passive_aggressive.PassiveAggressiveRegressor",
    "sklearn.linear_model.passive_aggressive.PassiveAggressiveRegressor"};
constexpr std::array<std::string_view, 22> kParams{"loss",
                                                   "penalty",
                                                   "alpha",
                                                   "C",
                                                   "l1_ratio",
                                                   "fit_intercept",
                                                   "max_iter",
                                                   "tol",
                                                   "shuffle",
                                                   "verbose",
                                                   "epsilon",
                                                   "n_jobs",
                                                   "random_state",
                                                   "learning_rate",
                                                   "eta0",
                                                   "power_t",
                                                   "early_stopping",
                                                   "validation_fraction",
                                                   "n_iter_no_change",
                                                   "class_weight",
                                                   "warm_start",
                                                   "average"};
constexpr std::array<FittedAttribute, 4> kRegressorFitted{
    {{"n_features_in"}, {"coef", true}, {"intercept", true}, {"n_iter"}}};
constexpr std::array<FittedAttribute, 5> kClassifierFitted{
    {{"n_features_in"}, {"classes", true}, {"coef", true}, {"intercept", true}, {"n_iter"}}};
/// From here on probabilities that are all 0 become equal ones.
constexpr SklearnVersion kUniformIfZero{1, 9};

LinkKind link(const Step& step) {
  const std::string loss = string_param(step, "loss");
  if (loss.empty()) refuse(step, "loss", "is missing: it decides whether there are probabilities");
  if (loss == "log" || loss == "log_loss")
    return n_classes(step) == 2 ? LinkKind::sigmoid : LinkKind::one_vs_rest;
  return loss == "modified_huber" ? LinkKind::modified_huber : LinkKind::none;
}

bool uniform_if_zero(const Step& step) {
  const LinkKind kind = link(step);
  return n_classes(step) > 2 && (kind == LinkKind::modified_huber ||
                                 (kind == LinkKind::one_vs_rest && version_of(step) >= kUniformIfZero));
}

std::int64_t check_sgd(const Step& step, std::int64_t n_in) {
  link(step);
  return check_linear_classifier(step, n_in);
}

void lower_sgd(const Step& step, ProgramBuilder& program) {
  const std::int32_t classes = n_classes(step);
  lower_linear(step, n_scores(classes), program);
  program.classify(classes, link(step), uniform_if_zero(step));
}

std::string sgd_rules(const Step& step) {
  const std::string zero = uniform_if_zero(step) ? "; 1 / K where all are 0" : "";
  switch (link(step)) {
    case LinkKind::sigmoid:
      return "two classes: the logistic function of the score";
    case LinkKind::one_vs_rest:
      return "one-vs-rest: the logistic function of each score, over their sum" + zero;
    case LinkKind::modified_huber:
      return "modified Huber: (score clipped to [-1, 1], plus 1) / 2" + zero;
    default:
      return decision_rules(step);
  }
}

}  // namespace

extern const StepClass kSgdClassifier;
const StepClass kSgdClassifier{"sklearn.linear_model.SGDClassifier",
                               kSgdClassifierSavedAs,
                               kParams,
                               kClassifierFitted,
                               StepRole::predictor,
                               {},
                               check_sgd,
                               linear_n_features,
                               lower_sgd,
                               sgd_rules};

extern const StepClass kPerceptron;
const StepClass kPerceptron{"sklearn.linear_model.Perceptron",
                            kPerceptronSavedAs,
                            kParams,
                            kClassifierFitted,
                            StepRole::predictor,
                            {},
                            check_linear_classifier,
                            linear_n_features,
                            lower_decisions,
                            decision_rules};

extern const StepClass kPassiveAggressiveClassifier;
const StepClass kPassiveAggressiveClassifier{"sklearn.linear_model.PassiveAggressiveClassifier",
                                             kPassiveAggressiveClassifierSavedAs,
                                             kParams,
                                             kClassifierFitted,
                                             StepRole::predictor,
                                             {},
                                             check_linear_classifier,
                                             linear_n_features,
                                             lower_decisions,
                                             decision_rules};

extern const StepClass kSgdRegressor;
const StepClass kSgdRegressor{"sklearn.linear_model.SGDRegressor",
                              kSgdRegressorSavedAs,
                              kParams,
                              kRegressorFitted,
                              StepRole::predictor,
                              {},
                              check_linear_regressor,
                              linear_n_features,
                              lower_regressor,
                              regressor_rules};

extern const StepClass kPassiveAggressiveRegressor;
const StepClass kPassiveAggressiveRegressor{"sklearn.linear_model.PassiveAggressiveRegressor",
                                            kPassiveAggressiveRegressorSavedAs,
                                            kParams,
                                            kRegressorFitted,
                                            StepRole::predictor,
                                            {},
                                            check_linear_regressor,
                                            linear_n_features,
                                            lower_regressor,
                                            regressor_rules};

}  // namespace evenscore::steps
