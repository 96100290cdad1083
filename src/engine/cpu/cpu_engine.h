#pragma once

#include <memory>

#include "evenscore/engine.h"

namespace evenscore::engine {

/// All cores, the instruction set chosen at run time (EngineOptions, EVENSCORE_CPU).
std::unique_ptr<Engine> make_cpu(const Program& program, const EngineOptions& options);

}  // namespace evenscore::engine
