#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenscore {

/// Of one class, or averaged over classes. A quotient with denominator 0 is 0, scikit-learn's default.
struct ClassMetrics {
  double precision = 0.0;
  double recall = 0.0;
  double f1 = 0.0;
  std::int64_t support = 0;  ///< rows whose true class it is
};

/// scikit-learn's classification metrics of one set of predictions.
struct ClassificationMetrics {
  std::int64_t rows = 0;
  std::int64_t unscored = 0;  ///< rows without a prediction: they count as wrong
  /// [true class][predicted class]; unscored rows are in no column.
  std::vector<std::vector<std::int64_t>> confusion_matrix;
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;  ///< mean recall of the classes that occur
  std::vector<ClassMetrics> classes;
  ClassMetrics macro, weighted, micro;
};

/// Counts predictions as they come. One thread at a time.
class ConfusionCounts {
 public:
  /// Throws Error (limit_exceeded) above 4096 classes: the matrix would not fit.
  explicit ConfusionCounts(std::int32_t n_classes);

  /// `truth` is in [0, n_classes), `predicted` too, or -1 for a row without a prediction.
  void add(std::int32_t truth, std::int32_t predicted);

  ClassificationMetrics metrics() const;

 private:
  std::int32_t n_classes_;
  std::vector<std::int64_t> counts_;  ///< n_classes x (n_classes + 1); the last column is "unscored"
};

/// A sentence for each class whose recall or precision fell by 0.05 or more while accuracy moved by less than
/// 0.02, worst first: "recall of class 1 fell from 0.900 to 0.120 while accuracy stayed 0.980".
std::vector<std::string> hidden_losses(const ClassificationMetrics& before,
                                       const ClassificationMetrics& after,
                                       const std::vector<std::string>& class_names);

}  // namespace evenscore
