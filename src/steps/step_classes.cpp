#include <array>
#include <string>

#include "steps/step_class.h"

namespace evenscore::steps {

extern const StepClass kStandardScaler;
extern const StepClass kMinMaxScaler;
extern const StepClass kMaxAbsScaler;
extern const StepClass kRobustScaler;
extern const StepClass kNormalizer;
extern const StepClass kBinarizer;
extern const StepClass kPolynomialFeatures;
extern const StepClass kSimpleImputer;
extern const StepClass kVarianceThreshold;
extern const StepClass kSelectKBest;
extern const StepClass kSelectPercentile;
extern const StepClass kSelectFromModel;
extern const StepClass kRfe;
extern const StepClass kRfecv;
extern const StepClass kPca;
extern const StepClass kTruncatedSvd;
extern const StepClass kLogisticRegression;
extern const StepClass kLogisticRegressionCv;
extern const StepClass kRidgeClassifier;
extern const StepClass kRidgeClassifierCv;
extern const StepClass kSgdClassifier;
extern const StepClass kPerceptron;
extern const StepClass kPassiveAggressiveClassifier;
extern const StepClass kLinearSvc;
extern const StepClass kLinearDiscriminantAnalysis;
extern const StepClass kFixedThresholdClassifier;
extern const StepClass kTunedThresholdClassifierCv;
extern const StepClass kLinearRegression;
extern const StepClass kRidge;
extern const StepClass kRidgeCv;
extern const StepClass kLasso;
extern const StepClass kLassoCv;
extern const StepClass kElasticNet;
extern const StepClass kElasticNetCv;
extern const StepClass kMultiTaskLasso;
extern const StepClass kMultiTaskElasticNet;
extern const StepClass kSgdRegressor;
extern const StepClass kPassiveAggressiveRegressor;
extern const StepClass kLinearSvr;
extern const StepClass kHuberRegressor;
extern const StepClass kBayesianRidge;
extern const StepClass kPoissonRegressor;
extern const StepClass kGammaRegressor;
extern const StepClass kTweedieRegressor;
extern const StepClass kNestedPipeline;

namespace {
constexpr std::array<const StepClass*, 45> kStepClasses{&kStandardScaler,
                                                        &kMinMaxScaler,
                                                        &kMaxAbsScaler,
                                                        &kRobustScaler,
                                                        &kNormalizer,
                                                        &kBinarizer,
                                                        &kPolynomialFeatures,
                                                        &kSimpleImputer,
                                                        &kVarianceThreshold,
                                                        &kSelectKBest,
                                                        &kSelectPercentile,
                                                        &kSelectFromModel,
                                                        &kRfe,
                                                        &kRfecv,
                                                        &kPca,
                                                        &kTruncatedSvd,
                                                        &kLogisticRegression,
                                                        &kLogisticRegressionCv,
                                                        &kRidgeClassifier,
                                                        &kRidgeClassifierCv,
                                                        &kSgdClassifier,
                                                        &kPerceptron,
                                                        &kPassiveAggressiveClassifier,
                                                        &kLinearSvc,
                                                        &kLinearDiscriminantAnalysis,
                                                        &kFixedThresholdClassifier,
                                                        &kTunedThresholdClassifierCv,
                                                        &kLinearRegression,
                                                        &kRidge,
                                                        &kRidgeCv,
                                                        &kLasso,
                                                        &kLassoCv,
                                                        &kElasticNet,
                                                        &kElasticNetCv,
                                                        &kMultiTaskLasso,
                                                        &kMultiTaskElasticNet,
                                                        &kSgdRegressor,
                                                        &kPassiveAggressiveRegressor,
                                                        &kLinearSvr,
                                                        &kHuberRegressor,
                                                        &kBayesianRidge,
                                                        &kPoissonRegressor,
                                                        &kGammaRegressor,
                                                        &kTweedieRegressor,
                                                        &kNestedPipeline};
}  // namespace

std::span<const StepClass* const> step_classes() {
  return kStepClasses;
}

const StepClass* find_step_class(std::string_view name) {
  for (const StepClass* step_class : kStepClasses) {
    if (step_class->name == name) return step_class;
  }
  return nullptr;
}

const StepClass* find_saved_class(std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  for (const StepClass* step_class : kStepClasses) {
    for (const std::string_view saved_as : step_class->saved_as) {
      if (saved_as == full) return step_class;
    }
  }
  return nullptr;
}

}  // namespace evenscore::steps
