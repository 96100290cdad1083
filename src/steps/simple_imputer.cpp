// sklearn.impute.SimpleImputer: missing values become the column's statistic; columns without one are left
// out; with add_indicator, columns that tell what was missing follow.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.impute._base.SimpleImputer",
                                                   "sklearn.impute.SimpleImputer"};
constexpr std::array<std::string_view, 8> kParams{
    "missing_values", "strategy",      "fill_value",          "verbose",
    "copy",           "add_indicator", "keep_empty_features", "_fill_dtype"};
constexpr std::array<FittedAttribute, 3> kFitted{
    {{"n_features_in"}, {"statistics", true}, {"indicator_features", false, "indicator_.features_"}}};
constexpr SklearnVersion kDropsEmptyConstants{1, 8};

struct SimpleImputer {
  double missing = 0.0;  ///< NaN, or the value that stands for a missing one
  std::vector<std::int64_t>
      columns;                 ///< of the input: those that stay, then those that the indicator tells of
  std::vector<double> values;  ///< what takes the place of a missing value; 1 in an indicator
  std::vector<bool> keep;      ///< false for an indicator
};

double missing_value(const Step& step) {
  const Param* param = step.param("missing_values");
  if (param == nullptr) refuse(step, "missing_values", "is missing");
  const bool nan = param->kind == Param::Kind::real && std::isnan(param->real);
  if (nan) return param->real;
  const double value = number(*param);
  if (!std::isfinite(value)) refuse(step, "missing_values", "neither NaN nor a number: " + to_python(*param));
  return value;
}

SimpleImputer read(const Step& step, std::int64_t n_columns) {
  SimpleImputer imputer;
  imputer.missing = missing_value(step);
  const std::vector<double> statistics =
      any_values(step, "statistics", {static_cast<std::uint64_t>(n_columns)});
  const bool constant = string_param(step, "strategy") == "constant";
  const bool keeps_empty = boolean_param(step, "keep_empty_features", false) ||
                           (constant && version_of(step) < kDropsEmptyConstants);
  // Fitted on f32 rows, 1.8 and later put f32 numbers into f64 rows too.
  const Param* fill = step.param("_fill_dtype");
  const bool narrow = fill != nullptr && fill->text == "numpy.float32";
  for (std::size_t i = 0; i < statistics.size(); ++i) {
    if (std::isnan(statistics[i]) && !keeps_empty) continue;
    if (!std::isfinite(statistics[i])) refuse(step, fmt::format("statistics[{}]", i), "is not finite");
    imputer.columns.push_back(static_cast<std::int64_t>(i));
    imputer.values.push_back(narrow ? static_cast<double>(static_cast<float>(statistics[i])) : statistics[i]);
    imputer.keep.push_back(true);
  }
  if (!boolean_param(step, "add_indicator", false)) return imputer;
  const Array* indicated = step.attribute("indicator_features");
  if (indicated == nullptr || indicated->kind != Array::Kind::number || is_floating(indicated->type) ||
      indicated->shape.size() != 1)
    refuse(step, "indicator_.features", "not an array of column numbers");
  for (const std::int64_t i : to_i64(*indicated)) {
    if (i < 0 || i >= n_columns)
      refuse(step, "indicator_.features", fmt::format("column {} is not there", i));
    imputer.columns.push_back(i);
    imputer.values.push_back(1.0);
    imputer.keep.push_back(false);
  }
  return imputer;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  const SimpleImputer imputer = read(step, n_in);
  if (imputer.columns.empty()) refuse(step, "statistics", "leaves no column");
  return static_cast<std::int64_t>(imputer.columns.size());
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"statistics"});
}

void lower(const Step& step, ProgramBuilder& program) {
  const std::int64_t n_in = program.n_columns();
  const SimpleImputer imputer = read(step, n_in);
  if (!std::isnan(imputer.missing) &&
      static_cast<double>(static_cast<float>(imputer.missing)) != imputer.missing) {
    refuse_float32(step, program,
                   "a SimpleImputer whose missing_values is no float32 number: it depends on NumPy how they "
                   "are compared");
  }
  const Validity validity = std::isnan(imputer.missing) ? Validity::no_infinity : Validity::finite;
  program.require(validity);
  program.reject(validity);
  bool all_in_place = static_cast<std::int64_t>(imputer.columns.size()) == n_in;
  for (std::size_t i = 0; i < imputer.columns.size(); ++i)
    all_in_place = all_in_place && imputer.columns[i] == static_cast<std::int64_t>(i);
  if (!all_in_place) program.gather(imputer.columns);
  program.replace_missing(imputer.missing, imputer.values, imputer.keep);
}

std::string rules(const Step& step) {
  const std::string dropped = boolean_param(step, "keep_empty_features", false)
                                  ? std::string()
                                  : std::string("; columns that had no value are left out");
  const std::string indicator =
      boolean_param(step, "add_indicator", false) ? "; columns that tell what was missing follow" : "";
  return fmt::format("{} becomes the column's statistic{}{}", to_python(*step.param("missing_values")),
                     dropped, indicator);
}

}  // namespace

extern const StepClass kSimpleImputer;
const StepClass kSimpleImputer{"sklearn.impute.SimpleImputer",
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
