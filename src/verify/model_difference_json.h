#pragma once

#include <nlohmann/json.hpp>

#include "evenscore/model_difference.h"

namespace evenscore::verifier {

/// Path, what, whether it can change predictions, and the first elements that differ.
nlohmann::ordered_json json_of(const ModelDifference& difference);

}  // namespace evenscore::verifier
