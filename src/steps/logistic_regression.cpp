// sklearn.linear_model.LogisticRegression: x . coef_ + intercept_, then a link that depends on release and
// parameters.
#include <fmt/format.h>

#include <array>

#include "evenscore/error.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.linear_model._logistic.LogisticRegression",
                                                   "sklearn.linear_model.logistic.LogisticRegression"};
constexpr std::array<std::string_view, 15> kParams{
    "penalty",      "dual",       "tol",          "C",      "fit_intercept", "intercept_scaling",
    "class_weight", "l1_ratio",   "random_state", "solver", "max_iter",      "multi_class",
    "verbose",      "warm_start", "n_jobs"};
constexpr std::array<FittedAttribute, 5> kFitted{
    {{"n_features_in", true}, {"classes", true}, {"coef", true}, {"intercept", true}, {"n_iter", false}}};
constexpr SklearnVersion kNewtonCholeskyMultinomial{1, 6};
constexpr SklearnVersion kNoMultiClass{1, 8};

struct LogisticRegression {
  std::vector<double> coef;       ///< n_scores x n_features
  std::vector<double> intercept;  ///< n_scores
  std::int32_t n_classes = 0;
};

std::int64_t n_features(const Step& step) {
  return integer_attribute(step, "n_features_in");
}

LogisticRegression read(const Step& step) {
  const Array* classes = step.attribute("classes");
  if (classes == nullptr || classes->kind == Array::Kind::none || classes->shape.size() != 1) {
    refuse(step, "classes", "not a one-dimensional array");
  }
  const std::uint64_t n_classes = classes->size();
  if (n_classes < 2 || n_classes > 1'000'000) refuse(step, "classes", fmt::format("{} classes", n_classes));
  const std::uint64_t n_scores = n_classes == 2 ? 1 : n_classes;
  LogisticRegression model;
  model.n_classes = static_cast<std::int32_t>(n_classes);
  model.coef = finite_values(step, "coef", {n_scores, static_cast<std::uint64_t>(n_features(step))});
  model.intercept = finite_values(step, "intercept", {n_scores});
  return model;
}

/// scikit-learn's own decision between one-vs-rest and multinomial, release by release (docs/arithmetic.md,
/// "Link").
LinkKind link(const Step& step) {
  const bool binary = step.attribute("classes")->size() == 2;
  const SklearnVersion version = parse_sklearn_version(step.sklearn_version);
  const std::string solver = string_param(step, "solver");
  bool one_vs_rest = false;
  if (version >= kNoMultiClass) {
    one_vs_rest = binary;
  } else {
    const std::string multi_class = string_param(step, "multi_class");
    if (multi_class == "ovr" || multi_class == "warn") {
      one_vs_rest = true;
    } else if (multi_class == "auto" || multi_class == "deprecated") {
      if (!binary && solver.empty())
        refuse(step, "solver", "is missing: it decides between one-vs-rest and multinomial");
      one_vs_rest = binary || solver == "liblinear" ||
                    (solver == "newton-cholesky" && version < kNewtonCholeskyMultinomial);
    } else if (multi_class != "multinomial") {
      refuse(step, "multi_class",
             fmt::format("'{}' is no value of scikit-learn {}", multi_class, step.sklearn_version));
    }
  }
  if (binary) return one_vs_rest ? LinkKind::sigmoid : LinkKind::sigmoid_doubled;
  return one_vs_rest ? LinkKind::one_vs_rest : LinkKind::softmax;
}

void check(const Step& step, std::int64_t n_in) {
  if (n_features(step) != n_in)
    refuse(step, "n_features_in", "differs from the columns that reach this step");
  read(step);
  link(step);
}

void lower(const Step& step, ProgramBuilder& program) {
  if (program.follows_float32() && step.attribute("coef")->type != ElementType::f64) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format(
            "--arithmetic sklearn has no fixed bits for float32 rows and {} coefficients: scikit-learn's "
            "score is then a float32 BLAS product",
            step.attribute("coef")->dtype),
        step.name.empty() ? step.class_name : fmt::format("step '{}'", step.name), "use --arithmetic exact");
  }
  const LogisticRegression model = read(step);
  program.require(Validity::finite);
  program.linear(model.coef, model.intercept);
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
                                    true,
                                    check,
                                    n_features,
                                    lower,
                                    link,
                                    rules};

}  // namespace evenscore::steps
