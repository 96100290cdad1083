// sklearn.preprocessing.StandardScaler: (x - mean_) if with_mean, then / scale_ if with_std.
#include <array>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.StandardScaler",
                                                   "sklearn.preprocessing.data.StandardScaler"};
constexpr std::array<std::string_view, 3> kParams{"copy", "with_mean", "with_std"};
constexpr std::array<FittedAttribute, 5> kFitted{
    {{"n_features_in"}, {"n_samples_seen"}, {"mean", true}, {"var", true}, {"scale", true}}};
constexpr SklearnVersion kNarrowParameters{1, 8};

struct StandardScaler {
  std::optional<std::vector<double>> mean, scale;
};

StandardScaler read(const Step& step, std::int64_t n_columns) {
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_columns)};
  StandardScaler scaler;
  if (boolean_param(step, "with_mean")) scaler.mean = finite_values(step, "mean", shape);
  if (boolean_param(step, "with_std")) {
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
  return fitted_columns(step, {"scale", "mean", "var"});
}

void lower(const Step& step, ProgramBuilder& program) {
  StandardScaler scaler = read(step, program.n_columns());
  const Float32Scaling float32_scaling = version_of(step) >= kNarrowParameters
                                             ? Float32Scaling::narrow_parameters
                                             : Float32Scaling::round_each_step;
  program.require(Validity::no_infinity);
  program.centre_and_scale(std::move(scaler.mean), std::move(scaler.scale), float32_scaling);
}

std::string rules(const Step& step) {
  return version_of(step) >= kNarrowParameters
             ? "float32 rows: mean and scale are rounded to float32, then float32 arithmetic (scikit-learn "
               "1.8 and later)"
             : "float32 rows: float64 arithmetic, each step rounded to float32 (scikit-learn before 1.8)";
}

}  // namespace

extern const StepClass kStandardScaler;
const StepClass kStandardScaler{"sklearn.preprocessing.StandardScaler",
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
