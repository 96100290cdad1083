#pragma once

#include <string>
#include <vector>

#include "evenscore/pipeline.h"

namespace evenscore::steps {

/// What scikit-learn would compute with a step in releases other than the one that saved it, if they load it.
struct OtherRule {
  std::string first, last;  ///< releases, "1.8"; equal for one
  std::string rules;        ///< as StepClass::rules says it
};

/// Runs of releases whose rules differ from those of the release that saved the step; oldest first. Of the
/// step itself, not of those inside it.
std::vector<OtherRule> other_rules(const Step& step);

}  // namespace evenscore::steps
