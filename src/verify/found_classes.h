#pragma once

#include <optional>

#include "evenscore/prediction_file.h"

namespace evenscore::verifier {

/// The classes of two files of predictions: those that one of them names; else the labels that occur in them,
/// in order; else 0, 1, ... as many as there are columns or label indices. Nothing where they hold a
/// regressor's predictions. Throws Error: shape_mismatch (labels of two kinds), limit_exceeded (more than
/// 4096 labels occur), and what the sources throw.
std::optional<Labels> found_classes(const PredictionSource& a, const PredictionSource& b);

}  // namespace evenscore::verifier
