#include "h5/contained_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/contained_child.h"
#include "h5/sanitized.h"

namespace evenscore::h5 {
namespace {

using Clock = std::chrono::steady_clock;

Error no_process(const char* doing, int reason) {
  return Error(ErrorCode::storage_failure,
               fmt::format("cannot {} to read it: {}", doing, std::generic_category().message(reason)), {},
               "free memory, or raise the limits of processes and open files (ulimit -u, -n)");
}

// A running child and the end of the pipe that it answers by. The destructor kills and reaps it.
class Child {
 public:
  Child(pid_t process, int pipe) : process_(process), pipe_(pipe) {}
  Child(Child&& other) noexcept
      : process_(std::exchange(other.process_, -1)), pipe_(other.pipe_), status_(other.status_) {}
  Child& operator=(Child&&) = delete;
  ~Child() { stop(); }

  int pipe() const { return pipe_; }

  // Seconds for which it has computed.
  double processor_seconds() const {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(process_, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0.0;
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }

  // Ends the child, which has closed its end of the pipe, hangs, or said all that it may: how it went. A
  // child that is ending already keeps its own status.
  int stop() {
    if (process_ < 0) return status_;
    close(pipe_);
    kill(process_, SIGKILL);
    pid_t reaped = 0;
    do {
      reaped = waitpid(process_, &status_, 0);
    } while (reaped < 0 && errno == EINTR);
    process_ = -1;
    return status_;
  }

 private:
  pid_t process_;
  int pipe_;
  int status_ = 0;
};

// Signals wait during the fork: a handler of the program must not run in the child.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// Holding the library mutex keeps libhdf5 whole in the child's copy, and keeps another child of ours from
// inheriting the end of the pipe that only this child may hold.
Child start(const std::function<std::vector<std::byte>()>& work, const ContainedLimits& limits) {
  constexpr int kPipeBytes = 1 << 20;
  const std::lock_guard<std::mutex> lock(library_mutex());
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) throw no_process("open a pipe", errno);
  fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);  // faster where it is allowed
  const pid_t parent = getpid();
  const SignalsBlocked blocked;
  const pid_t process = fork();
  const int reason = errno;
  if (process == 0) {
    library_mutex().unlock();
    live_contained(work, ends[1], parent, limits);
  }
  close(ends[1]);
  if (process < 0) {
    close(ends[0]);
    throw no_process("start a process", reason);
  }
  return {process, ends[0]};
}

enum class Outcome { whole, ended, too_late, stuck };

// AddressSanitizer does not hold its allocator's locks over a fork: a child that takes one which another
// thread held then waits for ever. Only there is a child that computes nothing for so long taken to be such a
// one.
constexpr std::chrono::seconds kStuckAfter{5};
constexpr int kMostStuck = 5;

// Waits until there is something to read.
Outcome await_answer(const Child& child, Clock::time_point deadline) {
  double computed = child.processor_seconds();
  Clock::time_point since = Clock::now();
  while (Clock::now() < deadline) {
    pollfd waiting{child.pipe(), POLLIN, 0};
    if (poll(&waiting, 1, 100) > 0) return Outcome::whole;
    const double now = child.processor_seconds();
    if (now > computed) since = Clock::now();
    computed = now;
    if (Clock::now() - since > kStuckAfter) return Outcome::stuck;
  }
  return Outcome::too_late;
}

// Fills `to` from the pipe.
Outcome receive(int pipe, std::span<std::byte> to, Clock::time_point deadline) {
  while (!to.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Outcome::too_late;
    pollfd waiting{pipe, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 1'000'000))) <= 0) continue;
    const ssize_t got = read(pipe, to.data(), to.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Outcome::ended;
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return Outcome::whole;
}

[[noreturn]] void throw_outcome(Outcome outcome, int status, const ContainedLimits& limits) {
  if (outcome == Outcome::too_late) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("did not end within {} ms", limits.wall.count()));
  }
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU)) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("took more than {} s of processor time", limits.processor.count()));
  }
  if (WIFSIGNALED(status)) {
    throw Error(ErrorCode::corrupt_file, fmt::format("ended by signal {}", WTERMSIG(status)));
  }
  throw Error(ErrorCode::corrupt_file, "ended without an answer");
}

}  // namespace

ContainedAnswer run_contained(const std::function<std::vector<std::byte>()>& work,
                              const ContainedLimits& limits) {
  const Clock::time_point deadline = Clock::now() + limits.wall;
  std::optional<Child> started;
  for (int stuck = 0; stuck <= kMostStuck; ++stuck) {
    started.reset();
    started.emplace(start(work, limits));
    if (!kIsSanitized || await_answer(*started, deadline) != Outcome::stuck) break;
  }
  Child& child = *started;
  std::uint64_t size = 0;
  Outcome outcome = receive(child.pipe(), std::as_writable_bytes(std::span(&size, 1)), deadline);
  if (outcome != Outcome::whole) throw_outcome(outcome, child.stop(), limits);
  if (size > limits.answer) throw Error(ErrorCode::corrupt_file, "answered more than it may");
  // Not zeroed: a length that is a lie takes no memory.
  ContainedAnswer answer{std::make_unique_for_overwrite<std::byte[]>(size), static_cast<std::size_t>(size)};
  outcome = receive(child.pipe(), {answer.bytes.get(), answer.size}, deadline);
  if (outcome != Outcome::whole) throw_outcome(outcome, child.stop(), limits);
  return answer;
}

}  // namespace evenscore::h5
