// Work in a child process: what it returns comes back, and no way of it to fail is felt here.
#include "h5/contained_run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace evenscore::h5 {
namespace {

using std::chrono::milliseconds;
using test::expect_error;

using Bytes = std::vector<std::byte>;

Bytes run(const std::function<Bytes()>& work, const ContainedLimits& limits = {}) {
  const ContainedAnswer answer = run_contained(work, limits);
  return {answer.view().begin(), answer.view().end()};
}

bool is_true(const std::function<bool()>& claim) {
  return run([&] { return Bytes{static_cast<std::byte>(claim())}; }) == Bytes{std::byte{1}};
}

[[noreturn]] void sleep_for_ever() {
  while (true) pause();
}

bool has_children() {
  return waitpid(-1, nullptr, WNOHANG) >= 0;
}

TEST(H5Contained, BringsBackWhatTheWorkReturns) {
  EXPECT_EQ(run([] { return Bytes{}; }), Bytes{});
  const Bytes many(std::size_t{3} << 20, std::byte{7});  // more than the pipe holds
  ContainedLimits limits;
  limits.answer = many.size();
  EXPECT_EQ(run([&] { return many; }, limits), many);
  EXPECT_FALSE(has_children());
}

TEST(H5Contained, NothingElseOfTheWorkIsSeen) {
  int value = 1;
  run([&] {
    value = 2;
    return Bytes{};
  });
  EXPECT_EQ(value, 1);
}

TEST(H5Contained, EveryBadEndIsAnError) {
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGTERM}) {
    expect_error(ErrorCode::corrupt_file, {"signal " + std::to_string(number)}, [&] {
      run([&]() -> Bytes {
        raise(number);
        sleep_for_ever();
      });
    });
  }
  const auto expect_no_answer = [](const std::function<Bytes()>& work) {
    expect_error(ErrorCode::corrupt_file, {"without an answer"}, [&] { run(work); });
  };
  expect_no_answer([]() -> Bytes { _exit(0); });
  expect_no_answer([]() -> Bytes { throw std::runtime_error("no Error"); });
  EXPECT_FALSE(has_children());
}

TEST(H5Contained, AnAnswerThatIsTooLongIsRefused) {
  ContainedLimits limits;
  limits.answer = 9;
  EXPECT_EQ(run([] { return Bytes(9); }, limits), Bytes(9));
  expect_error(ErrorCode::corrupt_file, {"more than it may"}, [&] { run([] { return Bytes(10); }, limits); });
}

TEST(H5Contained, AHangEnds) {
  ContainedLimits limits;
  limits.wall = milliseconds(200);
  expect_error(ErrorCode::limit_exceeded, {"200 ms"},
               [&] { run([]() -> Bytes { sleep_for_ever(); }, limits); });
  EXPECT_FALSE(has_children());
}

TEST(H5Contained, AnEndlessComputationEnds) {
  ContainedLimits limits;
  limits.processor = std::chrono::seconds(1);
  expect_error(ErrorCode::limit_exceeded, {"1 s of processor time"}, [&] {
    run(
        []() -> Bytes {
          for (volatile bool more = true; more;) {
          }
          return {};
        },
        limits);
  });
}

TEST(H5Contained, MemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer reserves terabytes";
#endif
  ContainedLimits limits;
  limits.memory = std::uint64_t{64} << 20;
  const auto can_take = [&](std::size_t mebibytes) {
    return run(
               [&] {
                 void* memory = std::malloc(mebibytes << 20);
                 const bool taken = memory != nullptr;
                 std::free(memory);
                 return Bytes{static_cast<std::byte>(taken)};
               },
               limits) == Bytes{std::byte{1}};
  };
  EXPECT_TRUE(can_take(32));
  EXPECT_FALSE(can_take(128));
}

TEST(H5Contained, TheChildHasGivenUpItsRights) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(is_true([] {
    struct rlimit core {};
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0;
  }));
  const std::string path = folder.file("written");
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_TRUE(is_true([&] { return fcntl(file, F_GETFD) < 0; }));  // not among those that it keeps
  ContainedLimits limits;
  limits.keep = {file};
  expect_error(ErrorCode::corrupt_file, {"signal " + std::to_string(SIGXFSZ)}, [&] {
    run(
        [&] {
          if (write(file, "x", 1) != 1) return Bytes{};
          return Bytes(1);
        },
        limits);
  });
  close(file);
  EXPECT_EQ(std::filesystem::file_size(path), 0U);
}

TEST(H5Contained, TheChildOpensNothing) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(is_true([] { return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0; }));
  const std::string path = folder.file("made");
  EXPECT_TRUE(is_true([&] { return open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0; }));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(is_true([&] { return mkdir(path.c_str(), 0700) < 0; }));
}

TEST(H5Contained, TheChildReachesNobody) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer needs system calls that the filter refuses, so there is none";
#endif
  EXPECT_TRUE(is_true([] { return socket(AF_INET, SOCK_STREAM, 0) < 0; }));
  EXPECT_TRUE(is_true([] { return fork() < 0; }));
  EXPECT_TRUE(is_true([parent = getpid()] { return kill(parent, 0) < 0; }));
  EXPECT_TRUE(is_true([] { return prctl(PR_SET_DUMPABLE, 1) < 0; }));
}

TEST(H5Contained, TheChildPrintsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  run([] {
    static_cast<void>(!write(STDOUT_FILENO, "out", 3));
    static_cast<void>(!write(STDERR_FILENO, "err", 3));
    return Bytes{};
  });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// The pipe then gets the numbers 1 and 2, which the child gives to /dev/null.
TEST(H5Contained, WorksWhereTheOutputsAreClosed) {
  const int out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  Bytes answer;
  try {
    answer = run([] { return Bytes(5); });
  } catch (const Error&) {
  }
  dup2(out, STDOUT_FILENO);
  dup2(error, STDERR_FILENO);
  close(out);
  close(error);
  EXPECT_EQ(answer, Bytes(5));
}

TEST(H5Contained, HandlersAndMasksOfTheProgramStayThere) {
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGUSR1, &ignore, &before);
  sigset_t mask, mask_before, mask_after;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &mask, &mask_before);
  expect_error(ErrorCode::corrupt_file, {"signal " + std::to_string(SIGUSR1)}, [] {
    run([]() -> Bytes {
      raise(SIGUSR1);
      sleep_for_ever();
    });
  });
  pthread_sigmask(SIG_SETMASK, &mask_before, &mask_after);
  EXPECT_EQ(sigismember(&mask_after, SIGUSR1), 1);
  EXPECT_EQ(sigismember(&mask_after, SIGUSR2), sigismember(&mask_before, SIGUSR2));
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(H5Contained, WorksWhereChildrenAreNotWaitedFor) {
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGCHLD, &ignore, &before);
  EXPECT_EQ(run([] { return Bytes(5); }), Bytes(5));
  expect_error(ErrorCode::corrupt_file, {"without an answer"}, [] { run([]() -> Bytes { _exit(1); }); });
  sigaction(SIGCHLD, &before, nullptr);
}

TEST(H5Contained, ThreadsDoNotHoldEachOtherUp) {
  std::thread slow([] {
    ContainedLimits limits;
    limits.wall = milliseconds(3000);
    expect_error(ErrorCode::limit_exceeded, {}, [&] { run([]() -> Bytes { sleep_for_ever(); }, limits); });
  });
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (std::size_t n = 0; n < 10; ++n) {
        EXPECT_EQ(run([&] { return Bytes(n, static_cast<std::byte>(i)); }),
                  Bytes(n, static_cast<std::byte>(i)));
        expect_error(ErrorCode::corrupt_file, {}, [] { run([]() -> Bytes { std::abort(); }); });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2900));
  slow.join();
}

}  // namespace
}  // namespace evenscore::h5
