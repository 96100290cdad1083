// sklearn.preprocessing.MinMaxScaler: x * scale_ + min_, then clipped to feature_range if clip.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.preprocessing._data.MinMaxScaler",
                                                   "sklearn.preprocessing.data.MinMaxScaler"};
constexpr std::array<std::string_view, 3> kParams{"feature_range", "copy", "clip"};
constexpr std::array<FittedAttribute, 7> kFitted{{{"n_features_in"},
                                                  {"n_samples_seen", false},
                                                  {"min", true},
                                                  {"scale", true},
                                                  {"data_min", true},
                                                  {"data_max", true},
                                                  {"data_range", true}}};

struct MinMaxScaler {
  std::vector<double> scale, min;
  bool clip = false;
  double low = 0.0;   ///< of feature_range
  double high = 1.0;  ///< of feature_range
};

void read_feature_range(const Step& step, MinMaxScaler& scaler) {
  const Param* range = step.param("feature_range");
  if (range == nullptr) refuse(step, "feature_range", "is missing");
  const bool two =
      (range->kind == Param::Kind::tuple || range->kind == Param::Kind::list) && range->items.size() == 2;
  if (!two) refuse(step, "feature_range", "not two numbers: " + to_python(*range));
  scaler.low = number(range->items[0]);
  scaler.high = number(range->items[1]);
  if (!std::isfinite(scaler.low) || !std::isfinite(scaler.high))
    refuse(step, "feature_range", "not two finite numbers: " + to_python(*range));
  if (!(scaler.low < scaler.high))
    refuse(step, "feature_range", "its minimum is not below its maximum: " + to_python(*range));
}

MinMaxScaler read(const Step& step, std::int64_t n_columns) {
  const std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(n_columns)};
  MinMaxScaler scaler;
  scaler.scale = finite_values(step, "scale", shape);
  scaler.min = finite_values(step, "min", shape);
  for (const double s : scaler.scale) {
    if (s < 0.0) refuse(step, "scale", "holds a value below 0");
  }
  scaler.clip = boolean_param(step, "clip", false);
  read_feature_range(step, scaler);
  return scaler;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  read(step, n_in);
  return n_in;
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"scale"});
}

void lower(const Step& step, ProgramBuilder& program) {
  MinMaxScaler scaler = read(step, program.n_columns());
  program.require(Validity::no_infinity);
  // scikit-learn refuses what arrives here as infinity, and a clip would hide it.
  if (scaler.clip) program.reject(Validity::no_infinity);
  program.multiply(std::move(scaler.scale), Float32Scaling::round_each_step);
  program.add(std::move(scaler.min), Float32Scaling::round_each_step);
  if (scaler.clip) program.clip(scaler.low, scaler.high);
}

std::string rules(const Step& step) {
  const std::string clipped =
      boolean_param(step, "clip", false)
          ? fmt::format("clipped to feature_range {}; ", to_python(*step.param("feature_range")))
          : std::string();
  return clipped + "float32 rows: float64 arithmetic, each step rounded to float32";
}

}  // namespace

extern const StepClass kMinMaxScaler;
const StepClass kMinMaxScaler{"sklearn.preprocessing.MinMaxScaler",
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
