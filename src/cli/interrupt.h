#pragma once

#include <atomic>
#include <string>

namespace evenscore::cli {

/// Turns true at the first SIGINT or SIGTERM after catch_signals(); a second one ends the program at once.
const std::atomic<bool>& interrupted();
void catch_signals();

/// Says that nothing was written to `path`, if there is one, as JSON on stdout too when asked, and gives the
/// exit status for the signal that came: 130 or 143.
int report_interrupted(const std::string& path, bool json);

}  // namespace evenscore::cli
