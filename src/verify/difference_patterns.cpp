#include "verify/difference_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evenscore::verifier {
namespace {

constexpr std::int64_t kMostRows = std::int64_t{1} << 20;
constexpr std::size_t kMostColumns = 32;
constexpr std::int64_t kFewestRows = 3;
constexpr double kNearlyAll = 0.99;
constexpr double kClose = 1e-6;
constexpr double kSaturated = 1e-6;
constexpr double kFewestLogOdds = 1e-3;

bool close(double x, double y, double tolerance = kClose) {
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  return x == y || std::fabs(x - y) <= tolerance * std::max(std::fabs(x), std::fabs(y));
}

bool close(const double* x, const double* y, std::size_t columns) {
  for (std::size_t c = 0; c < columns; ++c) {
    if (!close(x[c], y[c])) return false;
  }
  return true;
}

double value(const NumbersView& numbers, std::int64_t row, std::int64_t column) {
  const std::int64_t at = row * numbers.columns + column - numbers.first_column;
  return numbers.type == OutputType::f64 ? static_cast<const double*>(numbers.data)[at]
                                         : static_cast<double>(static_cast<const float*>(numbers.data)[at]);
}

}  // namespace

bool DifferencePatterns::Fit::holds() const {
  return tried >= kFewestRows && static_cast<double>(fitting) >= kNearlyAll * static_cast<double>(tried);
}

DifferencePatterns::DifferencePatterns(std::string a, std::string b, std::vector<std::string> class_names)
    : a_(std::move(a)), b_(std::move(b)), class_names_(std::move(class_names)) {
  if (class_names_.size() <= kMostColumns) label_.resize(class_names_.size() * class_names_.size());
}

void DifferencePatterns::add(std::int64_t n, const SideView& a, const SideView& b) {
  n = std::min(n, kMostRows - rows_);
  if (n <= 0) return;
  rows_ += n;
  if (a.label_index != nullptr && b.label_index != nullptr) add_labels(n, a.label_index, b.label_index);
  const auto both = [](const NumbersView& x, const NumbersView& y) {
    return x.data != nullptr && y.data != nullptr;
  };
  if (both(a.proba, b.proba)) return add_numbers(n, a.proba, b.proba, true);
  if (both(a.decision, b.decision)) return add_numbers(n, a.decision, b.decision, false);
  if (a.label_index == nullptr || b.label_index == nullptr) return;
  const std::vector<double> a_labels(a.label_index, a.label_index + n);
  const std::vector<double> b_labels(b.label_index, b.label_index + n);
  add_numbers(n, {a_labels.data(), OutputType::f64, 1, 0}, {b_labels.data(), OutputType::f64, 1, 0}, false);
}

void DifferencePatterns::add_numbers(std::int64_t n, const NumbersView& a, const NumbersView& b,
                                     bool probabilities) {
  const std::int64_t first = std::max(a.first_column, b.first_column);
  const std::int64_t end = std::min(a.first_column + a.columns, b.first_column + b.columns);
  columns_ = static_cast<std::size_t>(std::max<std::int64_t>(0, end - first));
  if (columns_ == 0 || columns_ > kMostColumns) return;
  column_.resize(columns_ * columns_);
  std::vector<double> a_row(columns_), b_row(columns_);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < columns_; ++c) {
      a_row[c] = value(a, i, first + static_cast<std::int64_t>(c));
      b_row[c] = value(b, i, first + static_cast<std::int64_t>(c));
    }
    if (!last_a_.empty()) add_shift(a_row, b_row);
    if (!close(a_row.data(), b_row.data(), columns_)) add_row(a_row.data(), b_row.data(), probabilities);
    last_a_ = a_row;
    last_b_ = b_row;
  }
}

/// Only rows that differ from their neighbours can tell.
void DifferencePatterns::add_shift(const std::vector<double>& a, const std::vector<double>& b) {
  if (!close(last_a_.data(), last_b_.data(), columns_) && !close(last_b_.data(), b.data(), columns_))
    a_is_b_after_.add(close(last_a_.data(), b.data(), columns_));
  if (!close(a.data(), b.data(), columns_) && !close(last_a_.data(), a.data(), columns_))
    a_is_b_before_.add(close(a.data(), last_b_.data(), columns_));
}

void DifferencePatterns::add_row(const double* a, const double* b, bool probabilities) {
  for (std::size_t c = 0; c < columns_; ++c) {
    for (std::size_t d = 0; d < columns_; ++d) column_[c * columns_ + d].add(close(a[c], b[d]));
  }
  if (columns_ == 1 && class_names_.size() == 2) {
    complement_.add(probabilities && close(1.0 - a[0], b[0]));
    negative_.add(!probabilities && close(-a[0], b[0]));
  }
  if (!probabilities || class_names_.size() != 2) return;
  const double p = a[columns_ - 1];
  const double q = b[columns_ - 1];
  const auto is_saturated = [](double x) { return !(x > kSaturated && x < 1.0 - kSaturated); };
  if (is_saturated(p) || is_saturated(q)) return;
  const double ours = std::log(p / (1.0 - p));
  const double theirs = std::log(q / (1.0 - q));
  if (std::fabs(ours) < kFewestLogOdds) return;
  half_.add(close(theirs, 0.5 * ours, 1e-3));
  twice_.add(close(theirs, 2.0 * ours, 1e-3));
}

void DifferencePatterns::add_labels(std::int64_t n, const std::int32_t* a, const std::int32_t* b) {
  const std::size_t classes = class_names_.size();
  if (label_.empty()) return;
  for (std::int64_t i = 0; i < n; ++i) {
    if (a[i] < 0 || b[i] < 0) continue;
    for (std::size_t d = 0; d < classes; ++d)
      label_[static_cast<std::size_t>(a[i]) * classes + d].add(static_cast<std::size_t>(b[i]) == d);
  }
}

std::string DifferencePatterns::order_of_columns() const {
  std::string pairs;
  for (std::size_t c = 0; c < columns_; ++c) {
    for (std::size_t d = 0; d < columns_; ++d) {
      if (c == d || !column_[c * columns_ + d].holds()) continue;
      const auto name = [&](std::size_t column) {
        return columns_ == class_names_.size() ? class_names_[column] : std::to_string(column);
      };
      pairs += fmt::format("{}{} in {} is {} in {}", pairs.empty() ? "" : ", ", name(c), a_, name(d), b_);
      break;
    }
  }
  return pairs;
}

std::string DifferencePatterns::order_of_labels() const {
  const std::size_t classes = class_names_.size();
  std::string pairs;
  if (label_.empty()) return pairs;
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t d = 0; d < classes; ++d) {
      const Fit& fit = label_[c * classes + d];
      if (c == d || !fit.holds()) continue;
      pairs += fmt::format("{}{} in {} is {} in {}", pairs.empty() ? "" : ", ", class_names_[c], a_,
                           class_names_[d], b_);
    }
  }
  return pairs;
}

std::vector<std::string> DifferencePatterns::causes() const {
  std::vector<std::string> causes;
  if (a_is_b_after_.holds())
    causes.push_back(fmt::format("the rows are shifted by one: row i of {} matches row i+1 of {}", a_, b_));
  if (a_is_b_before_.holds())
    causes.push_back(fmt::format("the rows are shifted by one: row i+1 of {} matches row i of {}", a_, b_));
  if (!causes.empty()) return causes;
  if (const std::string pairs = order_of_columns(); !pairs.empty()) {
    causes.push_back(fmt::format("the columns are in another order: {}", pairs));
  } else if (const std::string labels = order_of_labels(); !labels.empty()) {
    causes.push_back(fmt::format("the classes are exchanged: {}", labels));
  }
  if (complement_.holds())
    causes.push_back(fmt::format("{} holds the probability of the other class than {}", b_, a_));
  if (negative_.holds()) causes.push_back(fmt::format("the scores of {} are those of {} negated", b_, a_));
  for (const auto& [fit, factor, other] : {std::tuple{&half_, "half", &twice_}, {&twice_, "twice", &half_}}) {
    if (!fit->holds() || other->holds()) continue;
    causes.push_back(
        fmt::format("the log-odds of {} are {} those of {}: multi_class='multinomial' with two classes gives "
                    "softmax of [-z, z], twice the log-odds of the logistic function of z that every other "
                    "setting, and scikit-learn 1.8 and later, gives",
                    b_, factor, a_));
  }
  return causes;
}

}  // namespace evenscore::verifier
