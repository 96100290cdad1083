#pragma once

#include <cstdint>

#include "evenscore/program.h"

namespace evenscore::verifier {

/// What the predictions of a model look like.
struct PredictionShape {
  std::int32_t n_classes = 0;   ///< 0 for a regressor
  std::int64_t n_scores = 1;    ///< columns of decision, or of a regressor's prediction
  std::int32_t n_proba = 0;     ///< columns of proba and log_proba; 0 where there are no probabilities
  const char* whose = "model";  ///< for messages: who predicts so

  bool is_regressor() const { return n_classes == 0; }
};

inline PredictionShape shape_of(const Program& program) {
  return {program.n_classes, program.n_scores(), program.n_proba()};
}

}  // namespace evenscore::verifier
