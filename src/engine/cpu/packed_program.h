#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/aligned_doubles.h"
#include "evenscore/program.h"

namespace evenscore::engine::cpu {

/// A column stage with its parameters padded to whole groups of eight columns, in a way that keeps a padded
/// column +0.
struct PackedStage {
  StageKind kind;
  StageRounding rounding;
  const double* p;           ///< null for reject_infinity, which has none
  const double* high;        ///< clip: its second parameter
  const double* reciprocal;  ///< divide: 1 / p where dividing by multiplying is exact, else null
  bool float32_values;       ///< what comes in was rounded to f32
};

/// A Program as the vector targets run it. Where it is `fused`, column stages and then one affine stage, rows
/// are padded with zeros to whole groups of eight columns and weights with -0, for fma(+0, -0, a) is a, to
/// its bits, whatever a is. Any other Program goes stage by stage through run_stages(). Immutable; safe to
/// share between threads.
class PackedProgram {
 public:
  /// Copies what it needs.
  explicit PackedProgram(const Program& program);
  PackedProgram(const PackedProgram&) = delete;
  PackedProgram& operator=(const PackedProgram&) = delete;

  /// Of the Program that was packed, which this one owns.
  const ProgramView& view() const { return view_; }
  bool fused() const { return fused_; }
  /// The most values that a row has between two stages.
  std::int64_t widest() const { return widest_; }
  std::int64_t n_padded() const { return n_padded_; }
  const std::vector<PackedStage>& stages() const { return stages_; }
  /// The centre of an affine_centered stage; null for affine.
  const double* centre() const { return centre_; }
  /// n_scores x n_padded.
  const double* weights() const { return weights_; }
  const double* intercept() const { return view_.constants + view_.stages[view_.n_stages - 1].intercept; }

 private:
  const double* keep(const std::vector<double>& values);
  const double* pad(const double* values, std::int64_t n, double padding);
  const double* reciprocals(const double* divisors, std::int64_t n);

  Program program_;
  ProgramView view_;
  std::int64_t widest_;
  std::int64_t n_padded_;
  bool fused_ = true;
  std::vector<AlignedDoubles> constants_;
  std::vector<PackedStage> stages_;
  const double* centre_ = nullptr;
  const double* weights_ = nullptr;
};

}  // namespace evenscore::engine::cpu
