// sklearn.preprocessing.MaxAbsScaler: x / scale_, then clipped to [-1, 1] if clip.
#include <array>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.MaxAbsScaler",
                                                   "sklearn.preprocessing.data.MaxAbsScaler"};
constexpr std::array<std::string_view, 2> kParams{"copy", "clip"};
constexpr std::array<FittedAttribute, 4> kFitted{
    {{"n_features_in"}, {"n_samples_seen"}, {"max_abs", true}, {"scale", true}}};

std::vector<double> read(const Step& step, std::int64_t n_columns) {
  std::vector<double> scale = finite_values(step, "scale", {static_cast<std::uint64_t>(n_columns)});
  for (const double s : scale) {
    if (!(s > 0.0)) refuse(step, "scale", "holds a value that is not above 0");
  }
  return scale;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  read(step, n_in);
  boolean_param(step, "clip", false);
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"scale"});
}

void lower(const Step& step, ProgramBuilder& program) {
  const bool clip = boolean_param(step, "clip", false);
  program.require(Validity::no_infinity);
  if (clip) program.reject(Validity::no_infinity);
  program.centre_and_scale(std::nullopt, read(step, program.n_columns()), Float32Scaling::round_each_step);
  if (clip) program.clip(-1.0, 1.0);
}

std::string rules(const Step& step) {
  return std::string(boolean_param(step, "clip", false) ? "clipped to [-1, 1]; " : "") +
         "float32 rows: float64 arithmetic, each step rounded to float32";
}

}  // namespace

extern const StepClass kMaxAbsScaler;
const StepClass kMaxAbsScaler{"sklearn.preprocessing.MaxAbsScaler",
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
