#include "verify/probability_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evenscore::verifier {
namespace {

constexpr std::size_t kBins = 10;
constexpr double kCurveStep = 1.0 / 200.0;
constexpr std::int32_t kMostRankedClasses = 256;

double value(const NumbersView& numbers, std::int64_t at) {
  return numbers.type == OutputType::f64 ? static_cast<const double*>(numbers.data)[at]
                                         : static_cast<double>(static_cast<const float*>(numbers.data)[at]);
}

/// Of the type that the probabilities were stored in, as scikit-learn clips them.
double epsilon(OutputType type) {
  return type == OutputType::f64 ? std::numeric_limits<double>::epsilon()
                                 : static_cast<double>(std::numeric_limits<float>::epsilon());
}

}  // namespace

ProbabilityQuality::ProbabilityQuality(std::int32_t n_classes, std::size_t ranking_memory)
    : n_classes_(n_classes), bins_(kBins) {
  if (ranking_memory == 0 || n_classes < 2 || n_classes > kMostRankedClasses) return;
  const std::size_t n_sorters = n_classes == 2 ? 1 : static_cast<std::size_t>(n_classes);
  for (std::size_t i = 0; i < n_sorters; ++i) sorters_.emplace_back(ranking_memory / n_sorters);
}

void ProbabilityQuality::add(const SideView& side, std::int64_t row, std::int32_t truth) {
  const bool proba = side.proba.data != nullptr;
  const NumbersView& numbers = proba ? side.proba : side.decision;
  if (numbers.data == nullptr || (!proba && n_classes_ != 2)) return;
  row_.clear();
  for (std::int64_t c = 0; c < numbers.columns; ++c) {
    row_.push_back(value(numbers, row * numbers.columns + c));
    if (!std::isfinite(row_.back())) return;
  }
  if (proba && numbers.first_column == 1) row_.insert(row_.begin(), 1.0 - row_[0]);
  if (proba && static_cast<std::int32_t>(row_.size()) != n_classes_) return;
  ++rows_;
  has_proba_ = proba;
  add_ranks(row_, truth);
  if (!proba) return;
  const double eps = epsilon(numbers.type);
  log_loss_.add(-std::log(std::clamp(row_[static_cast<std::size_t>(truth)], eps, 1.0 - eps)));
  double squares = 0.0;
  for (std::size_t c = 0; c < row_.size(); ++c) {
    const double off = row_[c] - (static_cast<std::int32_t>(c) == truth ? 1.0 : 0.0);
    if (n_classes_ > 2 || c == 1) squares += off * off;
  }
  brier_.add(squares);
  if (n_classes_ != 2) return;
  const double p = std::clamp(row_[1], 0.0, 1.0);
  Bin& bin = bins_[std::min(kBins - 1, static_cast<std::size_t>(p * static_cast<double>(kBins)))];
  ++bin.rows;
  bin.positives += truth;
  bin.sum.add(row_[1]);
}

void ProbabilityQuality::add_ranks(const std::vector<double>& scores, std::int32_t truth) {
  if (sorters_.size() == 1) return sorters_[0].add(scores.back(), truth == 1);
  for (std::size_t c = 0; c < sorters_.size(); ++c)
    sorters_[c].add(scores[c], static_cast<std::size_t>(truth) == c);
}

void ProbabilityQuality::rank(std::size_t sorter, ProbabilityMetrics& metrics) {
  const auto positives = static_cast<double>(sorters_[sorter].flagged());
  const auto negatives = static_cast<double>(sorters_[sorter].count()) - positives;
  const bool curves = sorters_.size() == 1;
  std::int64_t hits = 0, alarms = 0;
  unsigned __int128 twice_area = 0;
  CarriedSum precision;
  RankingPoint last;
  if (curves) metrics.curve.push_back(last);
  sorters_[sorter].descend([&](double score, std::int64_t flagged, std::int64_t others) {
    twice_area += static_cast<unsigned __int128>(others) * static_cast<unsigned __int128>(2 * hits + flagged);
    hits += flagged;
    alarms += others;
    if (positives == 0.0) return;
    const double now = static_cast<double>(hits) / static_cast<double>(hits + alarms);
    precision.add(static_cast<double>(flagged) / positives * now);
    const RankingPoint point{score, static_cast<double>(hits) / positives,
                             negatives > 0.0 ? static_cast<double>(alarms) / negatives : 0.0, now};
    const bool far = point.recall - last.recall >= kCurveStep ||
                     point.false_positive_rate - last.false_positive_rate >= kCurveStep;
    const bool end = hits + alarms == sorters_[sorter].count();
    if (!curves || !(far || end)) return;
    metrics.curve.push_back(point);
    last = point;
  });
  std::optional<double> roc_auc, average_precision;
  if (positives > 0.0 && negatives > 0.0)
    roc_auc = static_cast<double>(twice_area) / 2.0 / positives / negatives;
  if (positives > 0.0) average_precision = precision.value();
  metrics.class_roc_auc.push_back(roc_auc);
  metrics.class_average_precision.push_back(average_precision);
}

std::optional<ProbabilityMetrics> ProbabilityQuality::metrics() {
  if (rows_ == 0) return std::nullopt;
  ProbabilityMetrics metrics;
  metrics.rows = rows_;
  if (has_proba_) {
    metrics.log_loss = log_loss_.value() / static_cast<double>(rows_);
    metrics.brier = brier_.value() / static_cast<double>(rows_);
    for (const Bin& bin : bins_) {
      if (bin.rows == 0) continue;
      const auto n = static_cast<double>(bin.rows);
      metrics.calibration.push_back({bin.rows, bin.sum.value() / n, static_cast<double>(bin.positives) / n});
    }
  }
  for (std::size_t i = 0; i < sorters_.size(); ++i) rank(i, metrics);
  const auto mean = [](const std::vector<std::optional<double>>& values) -> std::optional<double> {
    double sum = 0.0;
    for (const std::optional<double>& value : values) {
      if (!value) return std::nullopt;
      sum += *value;
    }
    if (values.empty()) return std::nullopt;
    return sum / static_cast<double>(values.size());
  };
  metrics.roc_auc = mean(metrics.class_roc_auc);
  metrics.average_precision = mean(metrics.class_average_precision);
  return metrics;
}

}  // namespace evenscore::verifier
