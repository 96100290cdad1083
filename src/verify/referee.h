#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "evenscore/pipeline.h"
#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore::verifier {

/// What a pipeline's fitted numbers define, with no rounding but one at the end: scores and probabilities of
/// single rows, computed with MPFR in as many bits as it takes for two precisions to round alike. Knows no
/// scale folded into weights, no eight lanes, no function of evenscore's. One thread.
class Referee {
 public:
  /// For exact arithmetic. Throws as compile().
  Referee(const Pipeline& pipeline, ElementType rows_type);
  ~Referee();
  Referee(const Referee&) = delete;
  Referee& operator=(const Referee&) = delete;

  /// Whether there are probabilities that it can compute: not of modified Huber links.
  bool judges_proba() const;

  /// Row `i` of rows in host memory. False where it has a value that is not finite, or where no precision up
  /// to 5,120 bits rounds as the one before: then there is no judgement.
  bool judge(const RowsView& rows, std::int64_t i);

  /// Of the last row judged, correctly rounded to f64: n_scores, or a regressor's predictions; n_proba.
  const std::vector<double>& decision() const;
  const std::vector<double>& proba() const;
  /// The same, rounded once to f32.
  const std::vector<float>& decision32() const;
  const std::vector<float>& proba32() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evenscore::verifier
