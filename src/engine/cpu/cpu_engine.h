#pragma once

#include <memory>

#include "evenscore/engine.h"

namespace evenscore::engine {

/// All cores, the instruction set chosen at run time (EVENSCORE_CPU forces one).
std::unique_ptr<Engine> make_cpu(const Program& program, int threads);

}  // namespace evenscore::engine
