#include "h5/contained_child.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "h5/confinement.h"
#include "h5/sanitized.h"

namespace evenscore::h5 {
namespace {

constexpr int kFirstFree = 3;  // after stdin, stdout and stderr

void default_signals() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    sigaction(number, &by_default, nullptr);  // but SIGKILL, SIGSTOP
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
  struct rlimit now {};
  if (getrlimit(resource, &now) != 0) return false;
  now.rlim_max = std::min<rlim_t>(now.rlim_max, hard);
  now.rlim_cur = std::min<rlim_t>(now.rlim_max, soft);
  return setrlimit(resource, &now) == 0;
}

// Bytes of addresses in use: those of the parent at the fork.
std::optional<std::uint64_t> mapped_bytes() {
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 128> text{};
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  if (length <= 0) return std::nullopt;
  return std::strtoull(text.data(), nullptr, 10) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool limit_memory(std::uint64_t bytes) {
  if (kIsSanitized) return true;
  const std::optional<std::uint64_t> mapped = mapped_bytes();
  if (!mapped) return true;  // without /proc nothing tells how much is too little
  std::uint64_t most = 0;
  if (__builtin_add_overflow(*mapped, bytes, &most)) return true;
  return limit(RLIMIT_AS, most, most);
}

bool give_up_rights(pid_t parent, const ContainedLimits& limits) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return false;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return false;  // no core by way of a pipe either
  setpgid(0, 0);                                     // the terminal's Ctrl-C is for the parent
  const auto seconds = static_cast<std::uint64_t>(limits.processor.count());
  return limit_memory(limits.memory) && limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_FSIZE, 0, 0) &&
         limit(RLIMIT_CPU, seconds, seconds + 1);
}

// libhdf5 and sanitizers print; without /dev/null they print to nothing at all.
void silence() {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) {
    if (nowhere < 0 || dup2(nowhere, output) < 0) close(output);
  }
}

bool write_all(int pipe, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(pipe, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

void live_contained(const std::function<std::vector<std::byte>()>& work, int pipe, pid_t parent,
                    const ContainedLimits& limits) {
  try {
    default_signals();
    pipe = fcntl(pipe, F_DUPFD_CLOEXEC, kFirstFree);  // it may be 1 or 2, where the parent has none of them
    silence();
    std::vector<int> kept = limits.keep;
    kept.push_back(pipe);
    close_descriptors_but(kept);
    if (pipe >= 0 && give_up_rights(parent, limits) && confine()) {
      const std::vector<std::byte> answer = work();
      const std::uint64_t size = answer.size();
      if (write_all(pipe, std::as_bytes(std::span(&size, 1))) && write_all(pipe, answer)) _exit(0);
    }
  } catch (...) {  // nothing may unwind into the parent's frames
  }
  _exit(1);
}

}  // namespace evenscore::h5
