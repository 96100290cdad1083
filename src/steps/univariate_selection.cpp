// sklearn.feature_selection.SelectKBest and SelectPercentile: the columns with the best scores.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "steps/selected_columns.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 2> kKBestSavedAs{
    "sklearn.feature_selection._univariate_selection.SelectKBest",
    "sklearn.feature_selection.univariate_selection.SelectKBest"};
constexpr std::array<std::string_view, 2> kPercentileSavedAs{
    "sklearn.feature_selection._univariate_selection.SelectPercentile",
    "sklearn.feature_selection.univariate_selection.SelectPercentile"};
constexpr std::array<std::string_view, 2> kKBestParams{"score_func", "k"};
constexpr std::array<std::string_view, 2> kPercentileParams{"score_func", "percentile"};
constexpr std::array<FittedAttribute, 3> kFitted{{{"n_features_in"}, {"scores", true}, {"pvalues"}}};

/// NaN counts as the least score.
std::vector<double> scores_of(const Step& step, std::int64_t n_columns) {
  std::vector<double> scores = any_values(step, "scores", {static_cast<std::uint64_t>(n_columns)});
  for (double& score : scores) {
    if (std::isnan(score)) score = std::numeric_limits<double>::lowest();
  }
  return scores;
}

/// The last k of a stable sort: of equal scores, those further to the right.
std::vector<bool> k_best(const Step& step, std::int64_t n_columns) {
  const std::vector<double> scores = scores_of(step, n_columns);
  const Param* param = step.param("k");
  if (param == nullptr) refuse(step, "k", "is missing");
  if (param->kind == Param::Kind::string && param->text == "all")
    return std::vector<bool>(scores.size(), true);
  const double k = number(*param);
  if (!(k >= 0.0) || k != std::floor(k)) refuse(step, "k", "not a number of columns: " + to_python(*param));
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  std::vector<bool> support(scores.size(), false);
  const std::size_t n = k < static_cast<double>(scores.size()) ? static_cast<std::size_t>(k) : scores.size();
  for (std::size_t i = order.size() - n; i < order.size(); ++i) support[order[i]] = true;
  return support;
}

/// numpy.percentile with linear interpolation.
double percentile_of(std::vector<double> values, double percent) {
  std::sort(values.begin(), values.end());
  const double position = static_cast<double>(values.size() - 1) * (percent / 100.0);
  const auto below = static_cast<std::size_t>(std::floor(position));
  if (below + 1 >= values.size()) return values.back();
  const double weight = position - std::floor(position);
  const double step = values[below + 1] - values[below];
  if (weight == 0.0) return values[below];
  return weight >= 0.5 ? values[below + 1] - step * (1.0 - weight) : values[below] + step * weight;
}

std::vector<bool> best_percentile(const Step& step, std::int64_t n_columns) {
  const std::vector<double> scores = scores_of(step, n_columns);
  const double percentile = number_param(step, "percentile", 10.0);
  if (!(percentile >= 0.0 && percentile <= 100.0)) refuse(step, "percentile", "not from 0 to 100");
  if (percentile == 100.0) return std::vector<bool>(scores.size(), true);
  std::vector<bool> support(scores.size(), false);
  if (percentile == 0.0) return support;
  const double threshold = percentile_of(scores, 100.0 - percentile);
  std::int64_t room = static_cast<std::int64_t>(static_cast<double>(scores.size()) * percentile / 100.0);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    support[i] = scores[i] > threshold;
    room -= support[i] ? 1 : 0;
  }
  for (std::size_t i = 0; i < scores.size() && room > 0; ++i) {
    if (scores[i] != threshold) continue;
    support[i] = true;
    --room;
  }
  return support;
}

std::int64_t check_k_best(const Step& step, std::int64_t n_in) {
  return count_selected(step, k_best(step, n_in));
}

std::int64_t check_percentile(const Step& step, std::int64_t n_in) {
  return count_selected(step, best_percentile(step, n_in));
}

std::int64_t n_features(const Step& step) {
  return fitted_columns(step, {"scores"});
}

void lower_k_best(const Step& step, ProgramBuilder& program) {
  lower_selection(k_best(step, program.n_columns()), Validity::finite, program);
}

void lower_percentile(const Step& step, ProgramBuilder& program) {
  lower_selection(best_percentile(step, program.n_columns()), Validity::finite, program);
}

std::string k_best_rules(const Step& step) {
  return fmt::format("columns with the {} best scores; of equal ones the last", to_python(*step.param("k")));
}

std::string percentile_rules(const Step& step) {
  return fmt::format("columns in the best {} % of scores; of equal ones the first",
                     number_param(step, "percentile", 10.0));
}

}  // namespace

extern const StepClass kSelectKBest;
const StepClass kSelectKBest{"sklearn.feature_selection.SelectKBest",
                             kKBestSavedAs,
                             kKBestParams,
                             kFitted,
                             StepRole::transformer,
                             {},
                             check_k_best,
                             n_features,
                             lower_k_best,
                             k_best_rules};

extern const StepClass kSelectPercentile;
const StepClass kSelectPercentile{"sklearn.feature_selection.SelectPercentile",
                                  kPercentileSavedAs,
                                  kPercentileParams,
                                  kFitted,
                                  StepRole::transformer,
                                  {},
                                  check_percentile,
                                  n_features,
                                  lower_percentile,
                                  percentile_rules};

}  // namespace evenscore::steps
