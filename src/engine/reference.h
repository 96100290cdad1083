#pragma once

#include <memory>

#include "evenscore/engine.h"

namespace evenscore::engine {

/// One row after the other, one value after the other: what every other engine must equal.
std::unique_ptr<Engine> make_reference(const Program& program);

}  // namespace evenscore::engine
