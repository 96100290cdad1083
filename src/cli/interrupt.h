#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace evenscore::cli {

/// Turns true at the first SIGINT or SIGTERM after catch_signals(); a second one ends the program at once.
const std::atomic<bool>& interrupted();
void catch_signals();

/// While it lives, a command that does not end by itself within a second of a signal, for its disk is slow or
/// its batch is large, is ended: with the exit status that `last_words` gives, called on another thread. What
/// it writes must then be as safe as after a kill.
class InterruptDeadline {
 public:
  explicit InterruptDeadline(std::function<int()> last_words);
  InterruptDeadline(const InterruptDeadline&) = delete;
  InterruptDeadline& operator=(const InterruptDeadline&) = delete;
  ~InterruptDeadline();

 private:
  std::function<int()> last_words_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// Says that nothing was written to `path`, if there is one, or how far it got and how to go on where
/// `rows_kept` of `rows` need not be scored again; as JSON on stdout too when asked. Gives the exit status
/// for the signal that came: 130 or 143.
int report_interrupted(const std::string& path, bool json, std::int64_t rows_kept = 0, std::int64_t rows = 0);

}  // namespace evenscore::cli
