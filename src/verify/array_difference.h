#pragma once

#include "evenscore/array.h"
#include "evenscore/diff.h"

namespace evenscore::verifier {

/// How two fitted arrays differ: in kind, type, shape or elements. Nothing where they are equal bit for bit.
std::optional<ModelDifference> array_difference(const std::string& path, const Array& a, const Array& b);

}  // namespace evenscore::verifier
