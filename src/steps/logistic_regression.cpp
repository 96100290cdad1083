// sklearn.linear_model.LogisticRegression and LogisticRegressionCV: x . coef_ + intercept_, then a link that
// depends on release and parameters.
#include <fmt/format.h>

#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.linear_model._logistic.LogisticRegression",
                                                   "sklearn.linear_model.logistic.LogisticRegression"};
constexpr std::array<std::string_view, 2> kCvSavedAs{"sklearn.linear_model._logistic.LogisticRegressionCV",
                                                     "sklearn.linear_model.logistic.LogisticRegressionCV"};
constexpr std::array<std::string_view, 15> kParams{
    "penalty",      "dual",       "tol",          "C",      "fit_intercept", "intercept_scaling",
    "class_weight", "l1_ratio",   "random_state", "solver", "max_iter",      "multi_class",
    "verbose",      "warm_start", "n_jobs"};
constexpr std::array<std::string_view, 20> kCvParams{"Cs",
                                                     "l1_ratios",
                                                     "fit_intercept",
                                                     "cv",
                                                     "dual",
                                                     "penalty",
                                                     "scoring",
                                                     "solver",
                                                     "tol",
                                                     "max_iter",
                                                     "n_jobs",
                                                     "verbose",
                                                     "refit",
                                                     "intercept_scaling",
                                                     "class_weight",
                                                     "multi_class",
                                                     "random_state",
                                                     "l1_ratio",
                                                     "use_legacy_attributes",
                                                     "C"};
constexpr std::array<FittedAttribute, 5> kFitted{
    {{"n_features_in"}, {"classes", true}, {"coef", true}, {"intercept", true}, {"n_iter"}}};
/// The first release that knows 'deprecated', its default up to 1.7. Older ones take it for 'multinomial',
/// but none of them writes it: a file that says so is damaged, or its release is not what it says.
constexpr SklearnVersion kDeprecatedMultiClass{1, 5};
constexpr SklearnVersion kNewtonCholeskyMultinomial{1, 6};
constexpr SklearnVersion kNoMultiClass{1, 8};

/// scikit-learn's own decision between one-vs-rest and multinomial, release by release (docs/arithmetic.md,
/// "Link").
LinkKind link(const Step& step) {
  const bool binary = n_classes(step) == 2;
  const SklearnVersion version = version_of(step);
  const std::string solver = string_param(step, "solver");
  bool one_vs_rest = false;
  if (version >= kNoMultiClass) {
    one_vs_rest = binary;
  } else {
    const std::string multi_class = string_param(step, "multi_class");
    if (multi_class == "ovr" || multi_class == "warn") {
      one_vs_rest = true;
    } else if (multi_class == "auto" || (multi_class == "deprecated" && version >= kDeprecatedMultiClass)) {
      if (!binary && solver.empty())
        refuse(step, "solver", "is missing: it decides between one-vs-rest and multinomial");
      one_vs_rest = binary || solver == "liblinear" ||
                    (solver == "newton-cholesky" && version < kNewtonCholeskyMultinomial);
    } else if (multi_class != "multinomial" && multi_class != "deprecated") {
      refuse(step, "multi_class",
             fmt::format("'{}' is no value of scikit-learn {}", multi_class, step.sklearn_version));
    }
  }
  if (binary) return one_vs_rest ? LinkKind::sigmoid : LinkKind::sigmoid_doubled;
  return one_vs_rest ? LinkKind::one_vs_rest : LinkKind::softmax;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  if (version_of(step) < kDeprecatedMultiClass && string_param(step, "multi_class") == "deprecated")
    refuse(step, "multi_class",
           fmt::format("'deprecated' is no value of scikit-learn {}", step.sklearn_version));
  link(step);
  return check_linear_classifier(step, n_in);
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
    case LinkKind::sigmoid_doubled:
      return "two classes, multinomial: softmax of [-score, score]";
    case LinkKind::one_vs_rest:
      return "one-vs-rest: the logistic function of each score, over their sum";
    default:
      return "multinomial: softmax of the scores";
  }
}

}  // namespace

extern const StepClass kLogisticRegression;
const StepClass kLogisticRegression{"sklearn.linear_model.LogisticRegression",
                                    kSavedAs,
                                    kParams,
                                    kFitted,
                                    StepRole::predictor,
                                    {},
                                    check,
                                    linear_n_features,
                                    lower,
                                    rules};

extern const StepClass kLogisticRegressionCv;
const StepClass kLogisticRegressionCv{"sklearn.linear_model.LogisticRegressionCV",
                                      kCvSavedAs,
                                      kCvParams,
                                      kFitted,
                                      StepRole::predictor,
                                      {},
                                      check,
                                      linear_n_features,
                                      lower,
                                      rules};

}  // namespace evenscore::steps
