#pragma once

#include <vector>

#include "pickle/globals.h"

namespace evenscore {

/// Classes and functions, by exact name, that stand in parameters and private attributes of supported
/// estimators and that no prediction reads: loss functions, scorers, splitters, distributions to draw
/// parameters from. What is made of them is accepted and never interpreted.
std::vector<pickle::AllowedClass> unread_classes();

}  // namespace evenscore
