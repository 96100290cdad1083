// sklearn.discriminant_analysis.LinearDiscriminantAnalysis as a classifier.
#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 1> kSavedAs{
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"};
constexpr std::array<std::string_view, 7> kParams{
    "solver", "shrinkage", "priors", "n_components", "store_covariance", "tol", "covariance_estimator"};
constexpr std::array<FittedAttribute, 9> kFitted{{{"n_features_in"},
                                                  {"classes", true},
                                                  {"coef", true},
                                                  {"intercept", true},
                                                  {"priors"},
                                                  {"means"},
                                                  {"xbar"},
                                                  {"scalings"},
                                                  {"explained_variance_ratio"}}};
/// Before, the probabilities of more than two classes were one-vs-rest.
constexpr SklearnVersion kSoftmax{0, 21};

LinkKind link(const Step& step) {
  if (n_classes(step) == 2) return LinkKind::sigmoid;
  return version_of(step) >= kSoftmax ? LinkKind::softmax : LinkKind::one_vs_rest;
}

void lower(const Step& step, ProgramBuilder& program) {
  const std::int32_t classes = n_classes(step);
  lower_linear(step, n_scores(classes), program);
  program.classify(classes, link(step));
}

std::string rules(const Step& step) {
  switch (link(step)) {
    case LinkKind::sigmoid:
      return "two classes: the logistic function of the score";
    case LinkKind::softmax:
      return "softmax of the scores";
    default:
      return "the logistic function of each score, over their sum";
  }
}

}  // namespace

extern const StepClass kLinearDiscriminantAnalysis;
const StepClass kLinearDiscriminantAnalysis{"sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
                                            kSavedAs,
                                            kParams,
                                            kFitted,
                                            StepRole::predictor,
                                            {},
                                            check_linear_classifier,
                                            linear_n_features,
                                            lower,
                                            rules};

}  // namespace evenscore::steps
