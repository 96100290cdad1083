#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/pipeline.h"
#include "program/program_builder.h"

/// What every linear predictor of scikit-learn has: coef_ and intercept_.
namespace evenscore::steps {

struct LinearModel {
  std::vector<double> coef;       ///< n_scores x n_features
  std::vector<double> intercept;  ///< n_scores
};

/// Number of classes in the attribute `classes`. Throws Error (corrupt_file) unless there are at least two.
std::int32_t n_classes(const Step& step);

/// Scores of so many classes.
inline std::int64_t n_scores(std::int32_t n_classes) {
  return n_classes == 2 ? 1 : n_classes;
}

/// A regressor's targets: rows of coef.
std::int64_t n_targets(const Step& step);

/// coef may be (n_features) for one score; intercept one number for all of them.
LinearModel read_linear(const Step& step, std::int64_t n_scores, std::int64_t n_features);

/// StepClass::n_features of a linear predictor.
std::int64_t linear_n_features(const Step& step);

/// StepClass::check of a classifier, and of a regressor.
std::int64_t check_linear_classifier(const Step& step, std::int64_t n_in);
std::int64_t check_linear_regressor(const Step& step, std::int64_t n_in);

/// Appends the scores. f32 rows under `sklearn` need f64 coefficients: its f32 product has no fixed bits.
void lower_linear(const Step& step, std::int64_t n_scores, ProgramBuilder& program);

/// StepClass::lower of a classifier without probabilities, and of a regressor that predicts its scores.
void lower_decisions(const Step& step, ProgramBuilder& program);
void lower_regressor(const Step& step, ProgramBuilder& program);

/// StepClass::rules of those.
std::string decision_rules(const Step& step);
std::string regressor_rules(const Step& step);

}  // namespace evenscore::steps
