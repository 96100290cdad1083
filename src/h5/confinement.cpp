#include "h5/confinement.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "h5/sanitized.h"

namespace evenscore::h5 {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// What reading an open descriptor, taking memory, answering by a pipe and dying take.
constexpr std::uint32_t kAllowed[] = {
    SYS_read,
    SYS_pread64,
    SYS_write,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_lseek,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_rt_sigaction,
    SYS_rt_sigreturn,
    SYS_rt_sigprocmask,
    SYS_exit,
    SYS_exit_group,
    SYS_getpid,
    SYS_gettid,
    SYS_getrandom,
    SYS_clock_gettime,
    SYS_gettimeofday,
    SYS_sched_yield,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_getrlimit,
#ifdef SYS_pause
    SYS_pause,
#endif
};

// The file system rights that each version of Landlock added; denying all that the kernel knows.
bool deny_files() {
  struct Ruleset {
    std::uint64_t files;
    std::uint64_t network;
  } ruleset{};
  constexpr std::uint32_t kAskVersion = 1;
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion);
  if (version < 1) return true;  // the kernel has none
  constexpr int kRights[] = {13, 14, 15, 15, 16};
  ruleset.files = (std::uint64_t{1} << kRights[std::min<long>(version, 5) - 1]) - 1;
  if (version >= 4) ruleset.network = 3;
  const std::size_t size = version >= 4 ? sizeof(ruleset) : sizeof(ruleset.files);
  const auto descriptor = static_cast<int>(syscall(SYS_landlock_create_ruleset, &ruleset, size, 0));
  if (descriptor < 0) return false;
  const bool done = syscall(SYS_landlock_restrict_self, descriptor, 0) == 0;
  close(descriptor);
  return done;
}

bool filter_calls() {
  if (kIsSanitized || kArchitecture == 0) return true;
  const auto load = [](std::size_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
  };
  const auto jump_if_equal = [](std::uint32_t value, std::uint8_t over) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, over, 0, value};
  };
  const auto answer = [](std::uint32_t value) { return sock_filter{BPF_RET | BPF_K, 0, 0, value}; };
  const std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> program{load(offsetof(seccomp_data, arch)), jump_if_equal(kArchitecture, 1),
                                   answer(refuse), load(offsetof(seccomp_data, nr))};
  for (const std::uint32_t number : kAllowed) {
    program.push_back(sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number});
    program.push_back(answer(SECCOMP_RET_ALLOW));
  }
  // Its own limits; signals to itself, as abort() and raise() send them.
  const auto allow_with_first = [&](std::uint32_t number, std::uint32_t first) {
    program.push_back(sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number});
    program.push_back(load(offsetof(seccomp_data, args)));  // the low half, on little-endian machines
    program.push_back(sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, first});
    program.push_back(answer(SECCOMP_RET_ALLOW));
    program.push_back(answer(refuse));
  };
  allow_with_first(SYS_prlimit64, 0);
  allow_with_first(SYS_tgkill, static_cast<std::uint32_t>(getpid()));
  program.push_back(answer(refuse));
  sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0 ||
         errno == EINVAL;  // EINVAL: a kernel without
}

}  // namespace

void close_descriptors_but(std::span<const int> keep) {
  std::vector<int> kept(keep.begin(), keep.end());
  std::sort(kept.begin(), kept.end());
  unsigned next = 3;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number < next) continue;
    if (number > next) syscall(SYS_close_range, next, number - 1, 0);
    next = number + 1;
  }
  syscall(SYS_close_range, next, ~0U, 0);
}

bool confine() {
  return deny_files() && filter_calls();
}

}  // namespace evenscore::h5
