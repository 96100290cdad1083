#include "steps/linear_model.h"

#include <fmt/format.h>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::uint64_t kMostScores = 1'000'000;

const Array& coef_of(const Step& step) {
  const Array* coef = step.attribute("coef");
  if (coef == nullptr || coef->kind != Array::Kind::number || coef->shape.empty() || coef->shape.size() > 2)
    refuse(step, "coef", "not an array of one or two dimensions");
  return *coef;
}

}  // namespace

std::int32_t n_classes(const Step& step) {
  const Array* classes = step.attribute("classes");
  if (classes == nullptr || classes->kind == Array::Kind::none || classes->shape.size() != 1)
    refuse(step, "classes", "not a one-dimensional array");
  const std::uint64_t n = classes->size();
  if (n < 2 || n > kMostScores) refuse(step, "classes", fmt::format("{} classes", n));
  return static_cast<std::int32_t>(n);
}

std::int64_t n_targets(const Step& step) {
  const Array& coef = coef_of(step);
  const std::uint64_t n = coef.shape.size() == 1 ? 1 : coef.shape[0];
  if (n == 0 || n > kMostScores) refuse(step, "coef", fmt::format("{} targets", n));
  return static_cast<std::int64_t>(n);
}

LinearModel read_linear(const Step& step, std::int64_t n_scores, std::int64_t n_features) {
  const auto k = static_cast<std::uint64_t>(n_scores);
  const auto n = static_cast<std::uint64_t>(n_features);
  const bool flat = coef_of(step).shape.size() == 1 && k == 1;
  LinearModel model;
  model.coef =
      finite_values(step, "coef", flat ? std::vector<std::uint64_t>{n} : std::vector<std::uint64_t>{k, n});
  const Array* intercept = step.attribute("intercept");
  if (intercept != nullptr && intercept->shape.empty()) {
    model.intercept.assign(k, number_attribute(step, "intercept"));
  } else {
    model.intercept = finite_values(step, "intercept", {k});
  }
  return model;
}

std::int64_t linear_n_features(const Step& step) {
  return fitted_columns(step, {"coef"});
}

std::int64_t check_linear_classifier(const Step& step, std::int64_t n_in) {
  read_linear(step, n_scores(n_classes(step)), n_in);
  return n_scores(n_classes(step));
}

std::int64_t check_linear_regressor(const Step& step, std::int64_t n_in) {
  read_linear(step, n_targets(step), n_in);
  return n_targets(step);
}

void lower_linear(const Step& step, std::int64_t n_scores, ProgramBuilder& program) {
  const Array& coef = coef_of(step);
  if (coef.type != ElementType::f64)
    refuse_float32(step, program,
                   coef.dtype + " coefficients: scikit-learn's score is then a float32 BLAS product");
  const LinearModel model = read_linear(step, n_scores, program.n_columns());
  program.require(Validity::finite);
  program.linear(model.coef, model.intercept);
}

void lower_decisions(const Step& step, ProgramBuilder& program) {
  const std::int32_t classes = n_classes(step);
  lower_linear(step, n_scores(classes), program);
  program.classify(classes, LinkKind::none);
}

void lower_regressor(const Step& step, ProgramBuilder& program) {
  lower_linear(step, n_targets(step), program);
  program.regress(LinkKind::identity);
}

std::string decision_rules(const Step& step) {
  return n_classes(step) == 2 ? "two classes by the sign of the score; no probabilities"
                              : "the class with the largest score; no probabilities";
}

std::string regressor_rules(const Step& step) {
  const std::int64_t n = n_targets(step);
  return n == 1 ? "one target: the score" : fmt::format("{} targets: their scores", n);
}

}  // namespace evenscore::steps
