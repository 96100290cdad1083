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
    {{"n_features_in", true}, {"n_samples_seen", false}, {"mean", true}, {"var", true}, {"scale", true}}};
constexpr SklearnVersion kNarrowParameters{1, 8};

struct StandardScaler {
  std::optional<std::vector<double>> mean, scale;
};

std::int64_t n_features(const Step& step) {
  return integer_attribute(step, "n_features_in");
}

StandardScaler read(const Step& step) {
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_features(step))};
  StandardScaler scaler;
  if (boolean_param(step, "with_mean", true)) scaler.mean = finite_values(step, "mean", shape);
  if (boolean_param(step, "with_std", true)) {
    scaler.scale = finite_values(step, "scale", shape);
    for (const double s : *scaler.scale) {
      if (!(s > 0.0)) refuse(step, "scale", "holds a value that is not above 0");
    }
  }
  return scaler;
}

void check(const Step& step, std::int64_t n_in) {
  if (n_features(step) != n_in)
    refuse(step, "n_features_in", "differs from the columns that reach this step");
  read(step);
}

void lower(const Step& step, ProgramBuilder& program) {
  StandardScaler scaler = read(step);
  const Float32Scaling float32_scaling = parse_sklearn_version(step.sklearn_version) >= kNarrowParameters
                                             ? Float32Scaling::narrow_parameters
                                             : Float32Scaling::round_each_step;
  program.require(Validity::no_infinity);
  program.centre_and_scale(std::move(scaler.mean), std::move(scaler.scale), float32_scaling);
}

std::string rules(const Step& step) {
  return parse_sklearn_version(step.sklearn_version) >= kNarrowParameters
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
                                false,
                                check,
                                n_features,
                                lower,
                                nullptr,
                                rules};

}  // namespace evenscore::steps
