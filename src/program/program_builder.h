#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "evenscore/program.h"

namespace evenscore {

/// How a scaler of some release treats f32 rows (docs/arithmetic.md, section 2).
enum class Float32Scaling : std::uint8_t {
  round_each_step,    ///< f64 arithmetic, each step rounded to f32
  narrow_parameters,  ///< parameters rounded to f32, then f32 arithmetic
};

/// Collects what the steps of a pipeline compute, in order, and fuses it into a Program.
class ProgramBuilder {
 public:
  ProgramBuilder(std::int64_t n_features, const CompileOptions& options);

  /// Values in a row at this point.
  std::int64_t n_columns() const { return static_cast<std::int64_t>(columns_.size()); }
  const CompileOptions& options() const { return options_; }
  /// Whether the f32 roundings of scikit-learn apply: f32 rows under `sklearn`.
  bool follows_float32() const;

  /// Whether any step so far does more than centre, scale or select: what a row holds is no longer its input.
  bool has_stages() const { return !program_.stages.empty() || pending_.has_value(); }

  /// The input columns that the present columns are made of, each by itself, must satisfy `validity`; the
  /// strictest wins. NaN is no longer looked for where it was replaced.
  void require(Validity validity);
  /// No score for a row that has a value at this point which `validity` forbids. For a step that could hide
  /// it from the scores; where nothing was computed yet, require() says the same.
  void reject(Validity validity);

  /// v = (v - mean) / scale, each part optional, n_columns() values.
  void centre_and_scale(std::optional<std::vector<double>> mean, std::optional<std::vector<double>> scale,
                        Float32Scaling float32_scaling);

  /// v = v * factor, v = v + offset, each one rounding, n_columns() values.
  void multiply(std::vector<double> factor, Float32Scaling float32_scaling);
  void add(std::vector<double> offset, Float32Scaling float32_scaling);
  /// v = low where v < low, then high where v > high. Inputs are checked from then on: a score no longer
  /// shows that one was infinite.
  void clip(double low, double high);
  /// v = 1 where v > threshold, else 0.
  void binarize(double threshold);
  /// v = statistics[i] where v is `missing`; where keep[i] is false, v tells instead whether it was missing.
  void replace_missing(double missing, const std::vector<double>& statistics, const std::vector<bool>& keep);
  /// The columns `kept`, in that order, which may repeat.
  void gather(const std::vector<std::int64_t>& kept);
  /// Column j of the result is the product of column factors[j].first and result factors[j].second < j; -1
  /// stands for a factor 1.
  void products(const std::vector<std::pair<std::int64_t, std::int64_t>>& factors);
  /// v / norm, but v where norm < `zero`; `kind` is one of normalize_*.
  void normalize(StageKind kind, double zero);

  /// z[k] = v . w[k] + intercept[k]; `weights` is intercept.size() x n_columns(), row-major. Folds the
  /// centre-and-scale step directly before it where every scale is finite and not 0 and every non-zero w /
  /// scale is a normal number.
  void linear(const std::vector<double>& weights, const std::vector<double>& intercept);

  /// After the last step's linear(): its scores are those of `n_classes` classes.
  void classify(std::int32_t n_classes, LinkKind link, bool uniform_if_zero = false);
  /// Two classes: how the class is chosen, in place of z > 0.
  void choose_by(LabelRule rule, double threshold, bool positive_first);
  /// Its scores are a regressor's targets, or their logarithms.
  void regress(LinkKind link);

  /// Throws Error (corrupt_file) where no step made predictions.
  Program finish();
  /// classify() and finish().
  Program finish(LinkKind link, std::int32_t n_classes) {
    classify(n_classes, link);
    return finish();
  }

 private:
  struct CentreAndScale {
    std::optional<std::vector<double>> mean, scale;
    Float32Scaling float32_scaling;
  };

  /// What a present column is made of.
  struct Column {
    std::int64_t input;  ///< the only input column, or kComputed
    bool nan_replaced;
  };
  static constexpr std::int64_t kComputed = -1;

  std::int64_t append(const std::vector<double>& values);
  void add_stage(StageKind kind, std::int64_t n_out, const std::vector<double>& parameter);
  void set_computed(std::int64_t n_columns);
  void add_column_stage(StageKind kind, std::vector<double> parameter, Float32Scaling float32_scaling);
  void add_pending_unfolded();
  bool fold(std::vector<double>& weights) const;

  CompileOptions options_;
  Program program_;
  std::vector<Column> columns_;
  std::optional<CentreAndScale> pending_;
};

}  // namespace evenscore
