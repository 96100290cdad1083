#include "cli/interrupt.h"

#include <fmt/format.h>

#include <csignal>

#include "cli/exit_status.h"
#include "cli/report_error.h"

namespace evenscore::cli {
namespace {

std::atomic<bool> flag{false};
volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
  received = signal;
  flag.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& interrupted() {
  return flag;
}

void catch_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

int report_interrupted(const std::string& path, bool json, std::int64_t rows_kept, std::int64_t rows) {
  std::string text =
      path.empty() ? "interrupted" : fmt::format("interrupted; nothing was written to {}", path);
  if (rows_kept > 0) {
    text = fmt::format("interrupted after {} of {} rows of {}; the same command with --resume goes on there",
                       rows_kept, rows, path);
  }
  return report_error(text, received == SIGTERM ? kTerminated : kInterrupted, json);
}

}  // namespace evenscore::cli
