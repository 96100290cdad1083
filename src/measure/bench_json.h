#pragma once

#include <nlohmann/json.hpp>

#include "evenscore/bench.h"

namespace evenscore::measure {

/// Limits and engines of groups, as the objects of `evenscore bench --json` (docs/command_line.md).
nlohmann::ordered_json limits_json(const std::vector<BenchGroup>& groups);
nlohmann::ordered_json engines_json(const std::vector<BenchGroup>& groups);

/// The limit that bounds an engine: its name, or "none of these".
std::string bound_by(const BenchGroup& group, const EngineTiming& engine);

}  // namespace evenscore::measure
