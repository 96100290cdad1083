#pragma once

#include <span>
#include <string_view>

#include "pickle/xray.h"

namespace evenscore {

/// Classes of one module, their names separated by blanks.
struct ModuleClasses {
  std::string_view module;
  std::string_view names;
};

/// Every estimator class of scikit-learn, under each module that a release has saved it as.
std::span<const ModuleClasses> sklearn_estimators();

/// What a saved file may make, call and import without running code of its own choosing: exact names, and
/// nothing that calls, opens or evaluates what it is given.
const pickle::KnownGlobals& known_globals();

}  // namespace evenscore
