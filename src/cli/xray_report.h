#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/options.h"
#include "evenscore/error.h"
#include "evenscore/xray.h"

namespace evenscore::cli {

/// Prints what a file holds that `refused` keeps from being scored, as `style` says: text, one JSON object,
/// or nothing. Returns false, having printed nothing, where there is nothing to say but `refused`: no such
/// file, or one that is no pickle but a pipeline file.
bool print_xray_of_refused(const std::string& path, const Error& refused, const OutputStyle& style);

/// Prints a line for each saved file that can be scored: what Python would run to load it.
void print_safety(const std::vector<std::string>& paths);

/// The same as a list of objects: `source_name`, `verdict` ("supported": no code, "would run code",
/// "unknown"), and `code`, the names that Python would run.
nlohmann::ordered_json safety_json(const std::vector<std::string>& paths);

}  // namespace evenscore::cli
