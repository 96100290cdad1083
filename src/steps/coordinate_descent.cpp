// sklearn.linear_model.Lasso, ElasticNet, their CV forms and their forms for several targets.
#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kLassoSavedAs{"sklearn.linear_model._coordinate_descent.Lasso",
                                                        "sklearn.linear_model.coordinate_descent.Lasso"};
constexpr std::array<std::string_view, 2> kLassoCvSavedAs{"sklearn.linear_model._coordinate_descent.LassoCV",
                                                          "sklearn.linear_model.coordinate_descent.LassoCV"};
constexpr std::array<std::string_view, 2> kElasticNetSavedAs{
    "sklearn.linear_model._coordinate_descent.ElasticNet",
    "sklearn.linear_model.coordinate_descent.ElasticNet"};
constexpr std::array<std::string_view, 2> kElasticNetCvSavedAs{
    "sklearn.linear_model._coordinate_descent.ElasticNetCV",
    "sklearn.linear_model.coordinate_descent.ElasticNetCV"};
constexpr std::array<std::string_view, 2> kMultiTaskLassoSavedAs{
    "sklearn.linear_model._coordinate_descent.MultiTaskLasso",
    "sklearn.linear_model.coordinate_descent.MultiTaskLasso"};
constexpr std::array<std::string_view, 2> kMultiTaskElasticNetSavedAs{
    "sklearn.linear_model._coordinate_descent.MultiTaskElasticNet",
    "sklearn.linear_model.coordinate_descent.MultiTaskElasticNet"};
constexpr std::array<std::string_view, 12> kParams{"alpha",      "l1_ratio", "fit_intercept", "normalize",
                                                   "precompute", "copy_X",   "max_iter",      "tol",
                                                   "warm_start", "positive", "random_state",  "selection"};
constexpr std::array<std::string_view, 16> kCvParams{
    "l1_ratio", "eps", "n_alphas", "alphas",  "fit_intercept", "normalize", "precompute",   "max_iter",
    "tol",      "cv",  "copy_X",   "verbose", "n_jobs",        "positive",  "random_state", "selection"};
constexpr std::array<FittedAttribute, 5> kFitted{
    {{"n_features_in"}, {"coef", true}, {"intercept", true}, {"alpha"}, {"l1_ratio"}}};

}  // namespace

extern const StepClass kLasso;
const StepClass kLasso{
    "sklearn.linear_model.Lasso", kLassoSavedAs,     kParams,         kFitted,        StepRole::predictor, {},
    check_linear_regressor,       linear_n_features, lower_regressor, regressor_rules};

extern const StepClass kLassoCv;
const StepClass kLassoCv{"sklearn.linear_model.LassoCV",
                         kLassoCvSavedAs,
                         kCvParams,
                         kFitted,
                         StepRole::predictor,
                         {},
                         check_linear_regressor,
                         linear_n_features,
                         lower_regressor,
                         regressor_rules};

extern const StepClass kElasticNet;
const StepClass kElasticNet{"sklearn.linear_model.ElasticNet",
                            kElasticNetSavedAs,
                            kParams,
                            kFitted,
                            StepRole::predictor,
                            {},
                            check_linear_regressor,
                            linear_n_features,
                            lower_regressor,
                            regressor_rules};

extern const StepClass kElasticNetCv;
const StepClass kElasticNetCv{"sklearn.linear_model.ElasticNetCV",
                              kElasticNetCvSavedAs,
                              kCvParams,
                              kFitted,
                              StepRole::predictor,
                              {},
                              check_linear_regressor,
                              linear_n_features,
                              lower_regressor,
                              regressor_rules};

extern const StepClass kMultiTaskLasso;
const StepClass kMultiTaskLasso{"sklearn.linear_model.MultiTaskLasso",
                                kMultiTaskLassoSavedAs,
                                kParams,
                                kFitted,
                                StepRole::predictor,
                                {},
                                check_linear_regressor,
                                linear_n_features,
                                lower_regressor,
                                regressor_rules};

extern const StepClass kMultiTaskElasticNet;
const StepClass kMultiTaskElasticNet{"sklearn.linear_model.MultiTaskElasticNet",
                                     kMultiTaskElasticNetSavedAs,
                                     kParams,
                                     kFitted,
                                     StepRole::predictor,
                                     {},
                                     check_linear_regressor,
                                     linear_n_features,
                                     lower_regressor,
                                     regressor_rules};

}  // namespace evenscore::steps
