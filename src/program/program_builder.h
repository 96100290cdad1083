#pragma once

#include <optional>
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
  std::int64_t n_columns() const { return n_columns_; }
  const CompileOptions& options() const { return options_; }
  /// Whether the f32 roundings of scikit-learn apply: f32 rows under `sklearn`.
  bool follows_float32() const;

  /// Every input column must satisfy `validity`; the strictest wins.
  void require(Validity validity);

  /// v = (v - mean) / scale, each part optional, n_columns() values.
  void centre_and_scale(std::optional<std::vector<double>> mean, std::optional<std::vector<double>> scale,
                        Float32Scaling float32_scaling);

  /// v = v * factor, v = v + offset, each one rounding, n_columns() values.
  void multiply(std::vector<double> factor, Float32Scaling float32_scaling);
  void add(std::vector<double> offset, Float32Scaling float32_scaling);
  /// v = low where v < low, then high where v > high. Inputs are checked from then on: a score no longer
  /// shows that one was infinite.
  void clip(double low, double high);
  /// Before a clip: makes the scores of a row NaN in which an earlier step overflowed.
  void reject_infinity();

  /// z[k] = v . w[k] + intercept[k]; `weights` is n_scores x n_columns(), row-major. Folds the
  /// centre-and-scale step directly before it where every scale is finite and not 0 and every non-zero w /
  /// scale is a normal number.
  void linear(const std::vector<double>& weights, const std::vector<double>& intercept);

  Program finish(LinkKind link, std::int32_t n_classes);

 private:
  struct CentreAndScale {
    std::optional<std::vector<double>> mean, scale;
    Float32Scaling float32_scaling;
  };

  std::int64_t append(const std::vector<double>& values);
  void add_column_stage(StageKind kind, std::vector<double> parameter, Float32Scaling float32_scaling);
  void add_pending_unfolded();
  bool fold(std::vector<double>& weights) const;

  CompileOptions options_;
  Program program_;
  std::int64_t n_columns_;
  std::optional<CentreAndScale> pending_;
};

}  // namespace evenscore
