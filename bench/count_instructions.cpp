// Instructions a row, counted one by one: the calling process is stepped through one call of the cpu engine.
// Works where the machine hides its hardware counters. Linux only.
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "bench_case.h"

namespace {

using namespace evenscore;

constexpr std::int64_t kRows = 256;

/// Stops itself around one call, so that the parent knows what to count.
[[noreturn]] void run_stepped(const benchmarks::CaseOptions& options) {
  benchmarks::Case c(options);
  c.run(0, kRows);
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  raise(SIGUSR1);
  c.run(0, kRows);
  raise(SIGUSR2);
  _exit(0);
}

std::int64_t count_steps(pid_t child) {
  int status = 0;
  std::int64_t steps = 0;
  bool counting = false;
  for (;;) {
    if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status)) return steps;
    const int stopped_by = WSTOPSIG(status);
    if (stopped_by == SIGUSR2) break;
    if (stopped_by == SIGUSR1) counting = true;
    if (counting) ++steps;
    ptrace(counting ? PTRACE_SINGLESTEP : PTRACE_CONT, child, nullptr, nullptr);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return steps;
}

}  // namespace

int main() {
  setenv("EVENSCORE_BENCH_MIB", "64", 0);
  fmt::print("instructions a row, one thread, {} rows, label_index and f32 proba\n", kRows);
  for (const int n_scores : {1, 3, 10}) {
    for (const int n_features : {4, 16, 50}) {
      benchmarks::CaseOptions options;
      options.n_features = n_features;
      options.n_scores = n_scores;
      options.threads = 1;
      const pid_t child = fork();
      if (child == 0) run_stepped(options);
      if (child < 0) return 3;
      fmt::print("K={:<3} F={:<4} {:8.1f}\n", n_scores, n_features,
                 static_cast<double>(count_steps(child)) / static_cast<double>(kRows));
    }
  }
}
