#pragma once

#include <cstdint>

#include "evenscore/labels.h"
#include "evenscore/views.h"

namespace evenscore::verifier {

/// One side's numbers for a batch: n x columns, dense, in host memory. Null = this side has none.
struct NumbersView {
  const void* data = nullptr;
  OutputType type = OutputType::f64;
  std::int64_t columns = 0;
  std::int64_t first_column = 0;  ///< of the output; 1 where only the second class's probability is stored
};

/// One side's results for a batch, borrowed.
struct SideView {
  const std::int32_t* label_index = nullptr;  ///< (n): class, kNoLabel or kUnknownLabel
  const Labels* labels = nullptr;             ///< (n): what was stored, to show unknown labels; or null
  NumbersView decision, proba, log_proba;
};

/// Side a's f64 scores z (n x n_scores) and the largest |z - other's z| that rounding explains.
struct BatchBounds {
  const double* scores = nullptr;
  const double* bound = nullptr;
};

}  // namespace evenscore::verifier
