#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace evenscore::cli {

/// Turns true at the first SIGINT or SIGTERM after catch_signals(); a second one ends the program at once.
const std::atomic<bool>& interrupted();
void catch_signals();

/// Says that nothing was written to `path`, if there is one, or how far it got and how to go on where
/// `rows_kept` of `rows` need not be scored again; as JSON on stdout too when asked. Gives the exit status
/// for the signal that came: 130 or 143.
int report_interrupted(const std::string& path, bool json, std::int64_t rows_kept = 0, std::int64_t rows = 0);

}  // namespace evenscore::cli
