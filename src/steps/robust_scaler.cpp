// sklearn.preprocessing.RobustScaler: (x - center_) if with_centering, then / scale_ if with_scaling.
#include <array>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.RobustScaler",
                                                   "sklearn.preprocessing.data.RobustScaler"};
constexpr std::array<std::string_view, 5> kParams{"with_centering", "with_scaling", "quantile_range", "copy",
                                                  "unit_variance"};
constexpr std::array<FittedAttribute, 3> kFitted{{{"n_features_in"}, {"center", true}, {"scale", true}}};

struct RobustScaler {
  std::optional<std::vector<double>> center, scale;
};

RobustScaler read(const Step& step, std::int64_t n_columns) {
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_columns)};
  RobustScaler scaler;
  if (boolean_param(step, "with_centering")) scaler.center = finite_values(step, "center", shape);
  if (boolean_param(step, "with_scaling")) {
    scaler.scale = finite_values(step, "scale", shape);
    for (const double s : *scaler.scale) {
      if (!(s > 0.0)) refuse(step, "scale", "holds a value that is not above 0");
    }
  }
  return scaler;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  read(step, n_in);
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"scale", "center"});
}

void lower(const Step& step, ProgramBuilder& program) {
  RobustScaler scaler = read(step, program.n_columns());
  program.require(Validity::no_infinity);
  program.centre_and_scale(std::move(scaler.center), std::move(scaler.scale),
                           Float32Scaling::round_each_step);
}

std::string rules(const Step&) {
  return "float32 rows: float64 arithmetic, each step rounded to float32";
}

}  // namespace

extern const StepClass kRobustScaler;
const StepClass kRobustScaler{"sklearn.preprocessing.RobustScaler",
                              kSavedAs,
                              kParams,
                              kFitted,
                              StepRole::transformer,
                              {},
                              check,
                              n_features,
                              lower,
                              rules};

}  // namespace evenscore::steps
