// sklearn.linear_model.LinearRegression, BayesianRidge and HuberRegressor: x . coef_ + intercept_.
#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kLinearSavedAs{"sklearn.linear_model._base.LinearRegression",
                                                         "sklearn.linear_model.base.LinearRegression"};
constexpr std::array<std::string_view, 2> kBayesianSavedAs{"sklearn.linear_model._bayes.BayesianRidge",
                                                           "sklearn.linear_model.bayes.BayesianRidge"};
constexpr std::array<std::string_view, 2> kHuberSavedAs{"sklearn.linear_model._huber.HuberRegressor",
                                                        "sklearn.linear_model.huber.HuberRegressor"};
constexpr std::array<std::string_view, 6> kLinearParams{"fit_intercept", "normalize", "copy_X",
                                                        "tol",           "n_jobs",    "positive"};
constexpr std::array<std::string_view, 14> kBayesianParams{
    "max_iter",   "n_iter",      "tol",           "alpha_1",       "alpha_2",   "lambda_1", "lambda_2",
    "alpha_init", "lambda_init", "compute_score", "fit_intercept", "normalize", "copy_X",   "verbose"};
constexpr std::array<std::string_view, 6> kHuberParams{"epsilon",    "max_iter",      "alpha",
                                                       "warm_start", "fit_intercept", "tol"};
constexpr std::array<FittedAttribute, 3> kFitted{{{"n_features_in"}, {"coef", true}, {"intercept", true}}};

}  // namespace

extern const StepClass kLinearRegression;
const StepClass kLinearRegression{"sklearn.linear_model.LinearRegression",
                                  kLinearSavedAs,
                                  kLinearParams,
                                  kFitted,
                                  StepRole::predictor,
                                  {},
                                  check_linear_regressor,
                                  linear_n_features,
                                  lower_regressor,
                                  regressor_rules};

extern const StepClass kBayesianRidge;
const StepClass kBayesianRidge{"sklearn.linear_model.BayesianRidge",
                               kBayesianSavedAs,
                               kBayesianParams,
                               kFitted,
                               StepRole::predictor,
                               {},
                               check_linear_regressor,
                               linear_n_features,
                               lower_regressor,
                               regressor_rules};

extern const StepClass kHuberRegressor;
const StepClass kHuberRegressor{"sklearn.linear_model.HuberRegressor",
                                kHuberSavedAs,
                                kHuberParams,
                                kFitted,
                                StepRole::predictor,
                                {},
                                check_linear_regressor,
                                linear_n_features,
                                lower_regressor,
                                regressor_rules};

}  // namespace evenscore::steps
