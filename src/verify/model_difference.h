#pragma once

#include <functional>
#include <vector>

#include "evenscore/diff.h"
#include "evenscore/pipeline.h"

namespace evenscore::verifier {

/// A difference, and what makes model A have this of B.
struct Exchange {
  ModelDifference difference;
  std::function<void(Pipeline& a)> apply;  ///< empty where it concerns no step
};

/// In the order of the steps; `b` is borrowed by what is returned.
std::vector<Exchange> model_differences(const Pipeline& a, const Pipeline& b);

}  // namespace evenscore::verifier
