// sklearn.feature_selection.SelectFromModel: the columns whose coefficients in the estimator it was fitted
// with are large enough.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "evenscore/error.h"
#include "steps/selected_columns.h"
#include "steps/step_class.h"
#include "steps/step_sequence.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kSavedAs{"sklearn.feature_selection._from_model.SelectFromModel",
                                                   "sklearn.feature_selection.from_model.SelectFromModel"};
constexpr std::array<std::string_view, 6> kParams{"estimator",  "threshold",    "prefit",
                                                  "norm_order", "max_features", "importance_getter"};
constexpr std::array<FittedAttribute, 2> kFitted{{{"n_features_in"}, {"max_features"}}};
constexpr std::array<std::string_view, 2> kWrapped{"estimator_", "estimator"};
/// From here on an ElasticNet that is a Lasso has a Lasso's threshold.
constexpr SklearnVersion kElasticNetAsLasso{1, 1};

std::string text_of(const Param& param) {
  return param.kind == Param::Kind::string ? param.text : std::string();
}

/// As numpy.linalg.norm(coef, axis=0, ord=order), or |coef| of one row.
std::vector<double> importances_of(const Step& step, std::int64_t n_columns) {
  const Step& estimator = predictor(step.steps);
  const Array* coef = estimator.attribute("coef");
  const auto n = static_cast<std::uint64_t>(n_columns);
  if (coef == nullptr || coef->kind != Array::Kind::number || coef->shape.empty() || coef->shape.size() > 2 ||
      coef->shape.back() != n || coef->size() == 0)
    refuse(step, "estimator", "its coef_ does not fit the columns");
  if (const Param* getter = step.param("importance_getter"))
    if (text_of(*getter) != "auto" && text_of(*getter) != "coef_")
      refuse(step, "importance_getter", "only 'auto' and 'coef_' are supported: " + to_python(*getter));
  const Param* order = step.param("norm_order");
  const double norm_order = order == nullptr                   ? 1.0
                            : order->kind == Param::Kind::real ? order->real
                                                               : number(*order);
  const std::vector<double> values = to_f64(*coef);
  std::vector<double> importances(n, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& importance = importances[i % n];
    const double size = std::fabs(values[i]);
    if (coef->shape.size() == 1 || coef->shape[0] == 1) {
      importance = size;
    } else if (norm_order == 1.0) {
      importance += size;
    } else if (norm_order == 2.0) {
      importance += values[i] * values[i];
    } else if (std::isinf(norm_order) && norm_order > 0.0) {
      importance = std::max(importance, size);
    } else {
      refuse(step, "norm_order", "only 1, 2 and infinity are supported");
    }
  }
  if (coef->shape.size() == 2 && coef->shape[0] > 1 && norm_order == 2.0)
    for (double& importance : importances) importance = std::sqrt(importance);
  return importances;
}

/// numpy.mean of up to 128 numbers adds in eight lanes; more are added in halves.
double pairwise_sum(const double* x, std::size_t n) {
  if (n < 8) return std::accumulate(x, x + n, 0.0);
  if (n > 128) {
    const std::size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(x, half) + pairwise_sum(x + half, n - half);
  }
  double lane[8];
  std::copy(x, x + 8, lane);
  std::size_t i = 8;
  for (; i + 8 <= n; i += 8)
    for (std::size_t l = 0; l < 8; ++l) lane[l] += x[i + l];
  const double sum =
      ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  return std::accumulate(x + i, x + n, sum);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
}

double reference_of(const Step& step, std::string_view name, const std::vector<double>& importances) {
  if (name == "mean")
    return pairwise_sum(importances.data(), importances.size()) / static_cast<double>(importances.size());
  if (name == "median") return median(importances);
  refuse(step, "threshold", "names neither 'mean' nor 'median'");
}

std::string_view stripped(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Whether scikit-learn takes the estimator for one that makes coefficients exactly 0.
bool makes_zeros(const Step& step) {
  const Step& estimator = step.steps.back();
  if (const Param* penalty = estimator.param("penalty"); penalty != nullptr && text_of(*penalty) == "l1")
    return true;
  if (estimator.class_name.find("Lasso") != std::string::npos) return true;
  const Param* ratio = estimator.param("l1_ratio");
  const Array* best_ratio = estimator.attribute("l1_ratio");
  if (version_of(step) < kElasticNetAsLasso || estimator.class_name.find("ElasticNet") == std::string::npos)
    return false;
  const double value = best_ratio != nullptr ? to_f64(*best_ratio)[0]
                       : ratio != nullptr    ? number(*ratio)
                                             : 0.0;
  return std::fabs(value - 1.0) <= 1e-8 + 1e-5;
}

double threshold_of(const Step& step, const std::vector<double>& importances) {
  const Param* threshold = step.param("threshold");
  if (threshold == nullptr || threshold->kind == Param::Kind::none)
    return makes_zeros(step) ? 1e-5 : reference_of(step, "mean", importances);
  if (threshold->kind != Param::Kind::string) {
    const double value = threshold->kind == Param::Kind::real ? threshold->real : number(*threshold);
    if (std::isnan(value)) refuse(step, "threshold", "not a number: " + to_python(*threshold));
    return value;
  }
  const std::string_view text = threshold->text;
  const std::size_t star = text.find('*');
  if (star == std::string_view::npos) return reference_of(step, text, importances);
  const std::string_view factor_text = stripped(text.substr(0, star));
  double factor = 0.0;
  const auto [end, error] =
      std::from_chars(factor_text.data(), factor_text.data() + factor_text.size(), factor);
  if (error != std::errc() || end != factor_text.data() + factor_text.size())
    refuse(step, "threshold", "not a number before '*': " + to_python(*threshold));
  return factor * reference_of(step, stripped(text.substr(star + 1)), importances);
}

/// Columns that max_features leaves in: those with the largest importances, of equal ones the first.
std::vector<bool> largest(const Step& step, const std::vector<double>& importances) {
  const Param* param = step.param("max_features");
  if (param == nullptr || param->kind == Param::Kind::none)
    return std::vector<bool>(importances.size(), true);
  double most = number(*param);
  if (step.attribute("max_features") != nullptr) most = number_attribute(step, "max_features");
  if (!(most >= 0.0)) refuse(step, "max_features", "not a number of columns: " + to_python(*param));
  std::vector<std::size_t> order(importances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return importances[a] > importances[b]; });
  std::vector<bool> support(importances.size(), false);
  for (std::size_t i = 0; i < order.size() && static_cast<double>(i) < most; ++i) support[order[i]] = true;
  return support;
}

std::vector<bool> support(const Step& step, std::int64_t n_columns) {
  const std::vector<double> importances = importances_of(step, n_columns);
  const double threshold = threshold_of(step, importances);
  std::vector<bool> support = largest(step, importances);
  for (std::size_t i = 0; i < importances.size(); ++i) {
    // The order in which NumPy added may decide here, and it is not known for certain.
    const double distance = std::fabs(importances[i] - threshold);
    if (support[i] && std::isfinite(threshold) && distance > 0.0 &&
        distance <= 1e-14 * std::fabs(threshold)) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("the importance of column {} is within rounding of the threshold", i),
                  fmt::format("step '{}'", step.name), "fit it again with another threshold");
    }
    if (importances[i] < threshold) support[i] = false;
  }
  return support;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  return count_selected(step, support(step, n_in));
}

std::int64_t n_features(const Step& step) {
  if (step.attribute("n_features_in") != nullptr) return fitted_columns(step, {});
  return columns_of(step.steps);
}

void lower(const Step& step, ProgramBuilder& program) {
  lower_selection(support(step, program.n_columns()), Validity::finite, program);
}

std::string rules(const Step& step) {
  const Param* threshold = step.param("threshold");
  const bool given = threshold != nullptr && threshold->kind != Param::Kind::none;
  return fmt::format("columns whose importance is at least {}", given               ? to_python(*threshold)
                                                                : makes_zeros(step) ? "1e-5"
                                                                                    : "the mean");
}

}  // namespace

extern const StepClass kSelectFromModel;
const StepClass kSelectFromModel{"sklearn.feature_selection.SelectFromModel",
                                 kSavedAs,
                                 kParams,
                                 kFitted,
                                 StepRole::transformer,
                                 kWrapped,
                                 check,
                                 n_features,
                                 lower,
                                 rules};

}  // namespace evenscore::steps
