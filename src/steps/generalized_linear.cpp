// sklearn.linear_model.PoissonRegressor, GammaRegressor and TweedieRegressor: e^(x . coef_ + intercept_), or
// for some Tweedie models the score itself.
#include <fmt/format.h>

#include <array>

#include "steps/linear_model.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kPoissonSavedAs{"sklearn.linear_model._glm.glm.PoissonRegressor",
                                                          "sklearn.linear_model._glm.PoissonRegressor"};
constexpr std::array<std::string_view, 2> kGammaSavedAs{"sklearn.linear_model._glm.glm.GammaRegressor",
                                                        "sklearn.linear_model._glm.GammaRegressor"};
constexpr std::array<std::string_view, 2> kTweedieSavedAs{"sklearn.linear_model._glm.glm.TweedieRegressor",
                                                          "sklearn.linear_model._glm.TweedieRegressor"};
constexpr std::array<std::string_view, 9> kParams{"power",    "alpha", "fit_intercept", "link",   "solver",
                                                  "max_iter", "tol",   "warm_start",    "verbose"};
constexpr std::array<FittedAttribute, 4> kFitted{
    {{"n_features_in"}, {"coef", true}, {"intercept", true}, {"n_iter"}}};

void lower_log(const Step& step, ProgramBuilder& program) {
  lower_linear(step, n_targets(step), program);
  program.regress(LinkKind::exponential);
}

std::string log_rules(const Step&) {
  return "log link: e to the score";
}

LinkKind tweedie_link(const Step& step) {
  const std::string link = string_param(step, "link");
  if (link == "log") return LinkKind::exponential;
  if (link == "identity") return LinkKind::identity;
  if (link != "auto") refuse(step, "link", "is none of 'auto', 'log', 'identity'");
  return number_param(step, "power", 0.0) > 0.0 ? LinkKind::exponential : LinkKind::identity;
}

std::int64_t check_tweedie(const Step& step, std::int64_t n_in) {
  tweedie_link(step);
  return check_linear_regressor(step, n_in);
}

void lower_tweedie(const Step& step, ProgramBuilder& program) {
  lower_linear(step, n_targets(step), program);
  program.regress(tweedie_link(step));
}

std::string tweedie_rules(const Step& step) {
  return tweedie_link(step) == LinkKind::exponential ? log_rules(step) : "identity link: the score";
}

}  // namespace

extern const StepClass kPoissonRegressor;
const StepClass kPoissonRegressor{"sklearn.linear_model.PoissonRegressor",
                                  kPoissonSavedAs,
                                  kParams,
                                  kFitted,
                                  StepRole::predictor,
                                  {},
                                  check_linear_regressor,
                                  linear_n_features,
                                  lower_log,
                                  log_rules};

extern const StepClass kGammaRegressor;
const StepClass kGammaRegressor{"sklearn.linear_model.GammaRegressor",
                                kGammaSavedAs,
                                kParams,
                                kFitted,
                                StepRole::predictor,
                                {},
                                check_linear_regressor,
                                linear_n_features,
                                lower_log,
                                log_rules};

extern const StepClass kTweedieRegressor;
const StepClass kTweedieRegressor{"sklearn.linear_model.TweedieRegressor",
                                  kTweedieSavedAs,
                                  kParams,
                                  kFitted,
                                  StepRole::predictor,
                                  {},
                                  check_tweedie,
                                  linear_n_features,
                                  lower_tweedie,
                                  tweedie_rules};

}  // namespace evenscore::steps
