#include "cli/interrupt.h"

#include <fmt/format.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <utility>

#include "cli/exit_status.h"
#include "cli/report_error.h"

namespace evenscore::cli {
namespace {

std::atomic<bool> flag{false};
volatile std::sig_atomic_t received = 0;
constexpr std::chrono::milliseconds kGrace{500};

// Posted by a signal and by the end of a deadline: what a signal handler may do is little.
sem_t* news() {
  static sem_t semaphore = [] {
    sem_t made{};
    sem_init(&made, 0, 0);
    return made;
  }();
  return &semaphore;
}

void on_signal(int signal) {
  received = signal;
  flag.store(true);
  sem_post(news());
  std::signal(signal, SIG_DFL);
}

}  // namespace

const std::atomic<bool>& interrupted() {
  return flag;
}

void catch_signals() {
  news();
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

InterruptDeadline::InterruptDeadline(std::function<int()> last_words) : last_words_(std::move(last_words)) {
  thread_ = std::thread([this] {
    while (!flag && !is_over_) sem_wait(news());
    const auto deadline = std::chrono::system_clock::now() + kGrace;
    const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(deadline);
    const timespec time{seconds.time_since_epoch().count(),
                        std::chrono::nanoseconds(deadline - seconds).count()};
    while (!is_over_) {
      if (sem_timedwait(news(), &time) == 0 || errno != ETIMEDOUT || is_over_) continue;
      const int status = last_words_();
      std::fflush(nullptr);
      _exit(status);
    }
  });
}

InterruptDeadline::~InterruptDeadline() {
  is_over_ = true;
  sem_post(news());
  thread_.join();
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
