// sklearn.model_selection.FixedThresholdClassifier and TunedThresholdClassifierCV: the labels of another
// classifier of two classes, chosen by comparing its probability or score with a threshold.
#include <fmt/format.h>

#include <array>

#include "evenscore/error.h"
#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_sequence.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 1> kFixedSavedAs{
    "sklearn.model_selection._classification_threshold.FixedThresholdClassifier"};
constexpr std::array<std::string_view, 1> kTunedSavedAs{
    "sklearn.model_selection._classification_threshold.TunedThresholdClassifierCV"};
constexpr std::array<std::string_view, 4> kFixedParams{"estimator", "threshold", "pos_label",
                                                       "response_method"};
constexpr std::array<std::string_view, 11> kTunedParams{"estimator",
                                                        "scoring",
                                                        "response_method",
                                                        "thresholds",
                                                        "cv",
                                                        "refit",
                                                        "n_jobs",
                                                        "random_state",
                                                        "store_cv_results",
                                                        "_curve_scorer._kwargs",
                                                        "_curve_scorer._score_func"};
constexpr std::array<FittedAttribute, 1> kFixedFitted{{{"n_features_in"}}};
constexpr std::array<FittedAttribute, 3> kTunedFitted{
    {{"n_features_in"}, {"best_threshold", true}, {"best_score"}}};
constexpr std::array<std::string_view, 1> kWrapped{"estimator_"};

[[noreturn]] void refuse_unsupported(const Step& step, const std::string& cause) {
  throw Error(ErrorCode::unsupported, cause, step.name.empty() ? step.class_name : "step '" + step.name + "'",
              "score this model with scikit-learn");
}

/// Whether the classifier inside has probabilities: asked of a Program, for only that knows all rules.
bool has_proba(const Step& step) {
  const std::int64_t n = columns_of(step.steps);
  ProgramBuilder program(n == kAnyColumns ? 1 : n, {});
  lower_steps(step.steps, program);
  return program.finish().has_proba();
}

LabelRule rule_of(const Step& step) {
  const std::string method = string_param(step, "response_method");
  if (method == "decision_function") return LabelRule::decision_threshold;
  if (method == "predict_proba" || method == "auto") {
    if (has_proba(step)) return LabelRule::proba_threshold;
    if (method == "auto") return LabelRule::decision_threshold;
  }
  refuse(step, "response_method", "is not what the classifier inside has: '" + method + "'");
}

/// Index of the class that a label parameter names, or -1.
int index_of(const Step& step, const Param& label) {
  const Array& classes = *predictor(step.steps).attribute("classes");
  for (std::size_t i = 0; i < 2; ++i) {
    if (label.kind == Param::Kind::string) {
      if (classes.kind == Array::Kind::string && classes.strings[i] == label.text) return static_cast<int>(i);
    } else if (classes.kind != Array::Kind::string) {
      const double value = label.kind == Param::Kind::boolean ? (label.boolean ? 1.0 : 0.0) : number(label);
      if (to_f64(classes)[i] == value) return static_cast<int>(i);
    }
  }
  return -1;
}

/// Where `pos_label` is None, the second class is the positive one.
bool positive_first(const Step& step, const Param* label) {
  if (label == nullptr || label->kind == Param::Kind::none) return false;
  const int index = index_of(step, *label);
  if (index < 0) refuse(step, "pos_label", "is no class: " + to_python(*label));
  return index == 0;
}

/// That of the scorer whose threshold was tuned: its own argument, or for scores that have a default, 1.
bool tuned_positive_first(const Step& step) {
  const Param* arguments = step.param("_curve_scorer._kwargs");
  if (arguments == nullptr || arguments->kind != Param::Kind::dict)
    refuse(step, "_curve_scorer", "does not tell the positive class");
  for (std::size_t i = 0; i + 1 < arguments->items.size(); i += 2) {
    if (arguments->items[i].text == "pos_label") return positive_first(step, &arguments->items[i + 1]);
  }
  const Param* score = step.param("_curve_scorer._score_func");
  const std::string name = score == nullptr ? std::string() : score->text;
  const bool no_positive_class = name == "sklearn.metrics._classification.balanced_accuracy_score" ||
                                 name == "sklearn.metrics._classification.accuracy_score";
  Param one;
  one.kind = Param::Kind::integer;
  one.text = "1";
  if (!no_positive_class && index_of(step, one) == 0)
    refuse_unsupported(step, "its scorer may take the first class for the positive one");
  return false;
}

double fixed_threshold(const Step& step) {
  const Param* threshold = step.param("threshold");
  if (threshold != nullptr && threshold->kind == Param::Kind::string && threshold->text == "auto")
    return rule_of(step) == LabelRule::proba_threshold ? 0.5 : 0.0;
  if (threshold == nullptr) refuse(step, "threshold", "is missing");
  return number_param(step, "threshold", 0.0);
}

void check_two_classes(const Step& step) {
  const Step& classifier = predictor(step.steps);
  if (!predicts(step.steps) || classifier.attribute("classes") == nullptr || n_classes(classifier) != 2)
    refuse_unsupported(step, "the estimator inside is no classifier of two classes");
}

std::int64_t check_fixed(const Step& step, std::int64_t) {
  check_two_classes(step);
  fixed_threshold(step);
  positive_first(step, step.param("pos_label"));
  return 1;
}

std::int64_t check_tuned(const Step& step, std::int64_t) {
  check_two_classes(step);
  rule_of(step);
  number_attribute(step, "best_threshold");
  tuned_positive_first(step);
  return 1;
}

std::int64_t n_features(const Step& step) {
  return columns_of(step.steps);
}

void lower_fixed(const Step& step, ProgramBuilder& program) {
  lower_steps(step.steps, program);
  program.choose_by(rule_of(step), fixed_threshold(step), positive_first(step, step.param("pos_label")));
}

void lower_tuned(const Step& step, ProgramBuilder& program) {
  lower_steps(step.steps, program);
  program.choose_by(rule_of(step), number_attribute(step, "best_threshold"), tuned_positive_first(step));
}

std::string rules_for(const Step& step, double threshold, bool first) {
  return fmt::format("class {} where its {} is at least {}", first ? 0 : 1,
                     rule_of(step) == LabelRule::proba_threshold ? "probability" : "score", threshold);
}

std::string fixed_rules(const Step& step) {
  return rules_for(step, fixed_threshold(step), positive_first(step, step.param("pos_label")));
}

std::string tuned_rules(const Step& step) {
  return rules_for(step, number_attribute(step, "best_threshold"), tuned_positive_first(step));
}

}  // namespace

extern const StepClass kFixedThresholdClassifier;
const StepClass kFixedThresholdClassifier{"sklearn.model_selection.FixedThresholdClassifier",
                                          kFixedSavedAs,
                                          kFixedParams,
                                          kFixedFitted,
                                          StepRole::predictor,
                                          kWrapped,
                                          check_fixed,
                                          n_features,
                                          lower_fixed,
                                          fixed_rules};

extern const StepClass kTunedThresholdClassifierCv;
const StepClass kTunedThresholdClassifierCv{"sklearn.model_selection.TunedThresholdClassifierCV",
                                            kTunedSavedAs,
                                            kTunedParams,
                                            kTunedFitted,
                                            StepRole::predictor,
                                            kWrapped,
                                            check_tuned,
                                            n_features,
                                            lower_tuned,
                                            tuned_rules};

}  // namespace evenscore::steps
