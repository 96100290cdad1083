#pragma once

#include <memory>
#include <vector>

#include "evenscore/metrics.h"
#include "verify/comparison.h"
#include "verify/score_sorter.h"

namespace evenscore::verifier {

/// A sum in f64 that carries what each addition loses (Neumaier 1974): the same for the same order.
class CarriedSum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    lost_ += (sum_ < 0 ? -sum_ : sum_) >= (value < 0 ? -value : value) ? (sum_ - sum) + value
                                                                       : (value - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0.0, lost_ = 0.0;
};

/// What the true labels say about probabilities, or where there are none about the scores of two classes, row
/// by row. One thread.
class ProbabilityQuality {
 public:
  /// With `ranking_memory` 0 nothing is ranked.
  ProbabilityQuality(std::int32_t n_classes, std::size_t ranking_memory);

  /// Row `row` of a batch. Rows with a number that is not finite are left out.
  void add(const SideView& side, std::int64_t row, std::int32_t truth);

  /// Nothing where no row had numbers. Throws Error (storage_failure).
  std::optional<ProbabilityMetrics> metrics();

 private:
  struct Bin {
    std::int64_t rows = 0, positives = 0;
    CarriedSum sum;
  };

  void add_ranks(const std::vector<double>& scores, std::int32_t truth);
  void rank(std::size_t sorter, ProbabilityMetrics& metrics);

  std::int32_t n_classes_;
  bool has_proba_ = false;
  std::int64_t rows_ = 0;
  CarriedSum log_loss_, brier_;
  std::vector<ScoreSorter> sorters_;  ///< of the second of two classes, or of each class
  std::vector<Bin> bins_;
  std::vector<double> row_;
};

}  // namespace evenscore::verifier
