#pragma once

#include <cstdint>

#include "evenscore/model_file.h"

namespace evenscore::benchmarks {

/// A StandardScaler and a LogisticRegression of two classes, as scikit-learn 1.5 would have saved them; the
/// same on every machine.
ModelFile bench_model(std::int64_t n_features);

}  // namespace evenscore::benchmarks
