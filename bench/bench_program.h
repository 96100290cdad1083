#pragma once

#include <cstdint>

#include "evenscore/program.h"

namespace evenscore::benchmarks {

/// What precedes the linear step.
enum class Stages : std::uint8_t {
  folded,           ///< one scaler, folded: affine_centered
  two_scalers,      ///< subtract, divide; then affine_centered
  float32_rounded,  ///< subtract, divide, each rounded to f32; then affine: Arithmetic::sklearn, f32 rows
  clipped,          ///< multiply, add, clip; then affine
};
/// A scaler and a linear model with logistic or softmax link over rows of `type`; the same on every machine.
Program bench_program(std::int64_t n_features, std::int32_t n_scores, ElementType type, Stages stages);

}  // namespace evenscore::benchmarks
