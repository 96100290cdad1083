#pragma once

#include <atomic>

namespace evenscore::cli {

/// Turns true at the first SIGINT or SIGTERM after catch_signals(); a second one ends the program at once.
const std::atomic<bool>& interrupted();
void catch_signals();

/// The exit status for the signal that came: 130 or 143.
int interrupted_status();

}  // namespace evenscore::cli
