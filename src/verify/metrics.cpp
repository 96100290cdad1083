#include "evenscore/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::int32_t kMostClasses = 4096;
constexpr double kFell = 0.05;
constexpr double kHardlyMoved = 0.02;

double quotient(double numerator, double denominator) {
  return denominator == 0.0 ? 0.0 : numerator / denominator;
}

ClassMetrics from_counts(std::int64_t hits, std::int64_t predicted, std::int64_t support) {
  const auto tp = static_cast<double>(hits);
  return {quotient(tp, static_cast<double>(predicted)), quotient(tp, static_cast<double>(support)),
          quotient(2.0 * tp, static_cast<double>(predicted + support)), support};
}

/// Gorodkin 2004, for any number of classes. In long double: the products are of the order of rows^2.
double matthews_correlation(std::int64_t hits, std::int64_t rows, std::int64_t scored,
                            const std::vector<std::int64_t>& support,
                            const std::vector<std::int64_t>& predicted) {
  long double together = 0.0L;
  const auto unscored = static_cast<long double>(rows - scored);
  long double predicted_squares = unscored * unscored;
  long double support_squares = 0.0L;
  for (std::size_t c = 0; c < support.size(); ++c) {
    const auto t = static_cast<long double>(support[c]);
    const auto p = static_cast<long double>(predicted[c]);
    together += t * p;
    support_squares += t * t;
    predicted_squares += p * p;
  }
  const auto n = static_cast<long double>(rows);
  const long double spread = (n * n - predicted_squares) * (n * n - support_squares);
  if (spread == 0.0L) return 0.0;
  return static_cast<double>((static_cast<long double>(hits) * n - together) / std::sqrt(spread));
}

/// Mean over classes, each with the weight that `weight` gives it.
template <class Weight>
ClassMetrics average(const std::vector<ClassMetrics>& classes, const Weight& weight) {
  ClassMetrics mean;
  double total = 0.0;
  for (const ClassMetrics& c : classes) {
    const double w = weight(c);
    mean.precision += w * c.precision;
    mean.recall += w * c.recall;
    mean.f1 += w * c.f1;
    mean.support += c.support;
    total += w;
  }
  mean.precision = quotient(mean.precision, total);
  mean.recall = quotient(mean.recall, total);
  mean.f1 = quotient(mean.f1, total);
  return mean;
}

}  // namespace

ConfusionCounts::ConfusionCounts(std::int32_t n_classes) : n_classes_(n_classes) {
  if (n_classes > kMostClasses) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("a confusion matrix of {} classes; at most {}", n_classes, kMostClasses));
  }
  const auto n = static_cast<std::size_t>(n_classes);
  counts_.assign(n * (n + 1), 0);
}

void ConfusionCounts::add(std::int32_t truth, std::int32_t predicted) {
  const std::int32_t column = predicted < 0 ? n_classes_ : predicted;
  ++counts_[static_cast<std::size_t>(truth) * (static_cast<std::size_t>(n_classes_) + 1) +
            static_cast<std::size_t>(column)];
}

ClassificationMetrics ConfusionCounts::metrics() const {
  const auto n = static_cast<std::size_t>(n_classes_);
  ClassificationMetrics metrics;
  std::vector<std::int64_t> support(n, 0);
  std::vector<std::int64_t> predicted(n, 0);
  std::int64_t all_hits = 0;
  for (std::size_t truth = 0; truth < n; ++truth) {
    const auto row = counts_.begin() + static_cast<std::ptrdiff_t>(truth * (n + 1));
    metrics.confusion_matrix.emplace_back(row, row + static_cast<std::ptrdiff_t>(n));
    for (std::size_t c = 0; c < n; ++c) {
      support[truth] += row[static_cast<std::ptrdiff_t>(c)];
      predicted[c] += row[static_cast<std::ptrdiff_t>(c)];
    }
    const std::int64_t unscored = row[static_cast<std::ptrdiff_t>(n)];
    support[truth] += unscored;
    metrics.unscored += unscored;
    metrics.rows += support[truth];
    all_hits += metrics.confusion_matrix[truth][truth];
  }
  std::int64_t occurring = 0;
  for (std::size_t c = 0; c < n; ++c) {
    metrics.classes.push_back(from_counts(metrics.confusion_matrix[c][c], predicted[c], support[c]));
    metrics.balanced_accuracy += metrics.classes[c].recall;
    if (support[c] > 0) ++occurring;
  }
  metrics.balanced_accuracy = quotient(metrics.balanced_accuracy, static_cast<double>(occurring));
  metrics.accuracy = quotient(static_cast<double>(all_hits), static_cast<double>(metrics.rows));
  metrics.matthews =
      matthews_correlation(all_hits, metrics.rows, metrics.rows - metrics.unscored, support, predicted);
  metrics.macro = average(metrics.classes, [](const ClassMetrics&) { return 1.0; });
  metrics.weighted =
      average(metrics.classes, [](const ClassMetrics& c) { return static_cast<double>(c.support); });
  metrics.micro = from_counts(all_hits, metrics.rows - metrics.unscored, metrics.rows);
  return metrics;
}

std::vector<std::string> hidden_losses(const ClassificationMetrics& before,
                                       const ClassificationMetrics& after,
                                       const std::vector<std::string>& class_names) {
  std::vector<std::pair<double, std::string>> losses;
  const double moved = after.accuracy - before.accuracy;
  if (std::fabs(moved) >= kHardlyMoved) return {};
  const std::string accuracy =
      std::fabs(moved) < 0.0005
          ? fmt::format("accuracy stayed {:.3f}", after.accuracy)
          : fmt::format("accuracy only went from {:.3f} to {:.3f}", before.accuracy, after.accuracy);
  const auto look = [&](const char* measure, double was, double is, const std::string& name) {
    if (was - is < kFell) return;
    losses.emplace_back(was - is, fmt::format("{} of class {} fell from {:.3f} to {:.3f} while {}", measure,
                                              name, was, is, accuracy));
  };
  for (std::size_t c = 0; c < before.classes.size(); ++c) {
    look("recall", before.classes[c].recall, after.classes[c].recall, class_names[c]);
    look("precision", before.classes[c].precision, after.classes[c].precision, class_names[c]);
  }
  std::stable_sort(losses.begin(), losses.end(),
                   [](const auto& x, const auto& y) { return x.first > y.first; });
  std::vector<std::string> sentences;
  for (auto& loss : losses) sentences.push_back(std::move(loss.second));
  return sentences;
}

}  // namespace evenscore
