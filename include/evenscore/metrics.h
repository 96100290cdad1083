#pragma once

#include <cstdint>
#include <limits>
#include <optional>
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

/// What is above a threshold: a point of the ROC curve and of the precision-recall curve.
struct RankingPoint {
  double threshold = std::numeric_limits<double>::infinity();
  double recall = 0.0;  ///< the true positive rate
  double false_positive_rate = 0.0;
  double precision = 1.0;
};

/// Rows whose probability of the second class is in one tenth of [0, 1].
struct CalibrationBin {
  std::int64_t rows = 0;
  double mean_probability = 0.0;
  double fraction_positive = 0.0;
};

/// scikit-learn's metrics of probabilities, or of two classes' scores. Of two classes the second is positive;
/// of more, each class is held against all others, and the macro average taken.
struct ProbabilityMetrics {
  std::int64_t rows = 0;           ///< with finite numbers; the others are left out
  std::optional<double> log_loss;  ///< probabilities clipped to the machine epsilon of their type
  /// Mean of (p - y)^2 of the second of two classes; of more, summed over all classes.
  std::optional<double> brier;
  std::optional<double> roc_auc;            ///< nothing where a class, or all others, do not occur
  std::optional<double> average_precision;  ///< nothing where a class does not occur
  /// One of two classes, or one a class.
  std::vector<std::optional<double>> class_roc_auc, class_average_precision;
  std::vector<RankingPoint> curve;          ///< of two classes, about 400 points of it
  std::vector<CalibrationBin> calibration;  ///< of two classes; empty bins are left out
};

/// scikit-learn's classification metrics of one set of predictions.
struct ClassificationMetrics {
  std::int64_t rows = 0;
  std::int64_t unscored = 0;  ///< rows without a prediction: they count as wrong
  /// [true class][predicted class]; unscored rows are in no column.
  std::vector<std::vector<std::int64_t>> confusion_matrix;
  double accuracy = 0.0;
  double balanced_accuracy = 0.0;  ///< mean recall of the classes that occur
  double matthews = 0.0;           ///< correlation of true and predicted classes; 0 where one is constant
  std::vector<ClassMetrics> classes;
  ClassMetrics macro, weighted, micro;
  std::optional<ProbabilityMetrics> probabilities;
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
