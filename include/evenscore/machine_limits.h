#pragma once

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <vector>

namespace evenscore {

/// How fast this machine's memory is with a number of threads: what no engine can beat. The threads are
/// started once, are pinned nowhere and sleep between measurements; 1 MiB at a time goes to whoever is free.
/// Time runs from before the threads are woken to the last one's finish. One caller at a time.
class MachineLimits {
 public:
  /// `threads` counts the caller too; 0 = one a hardware thread.
  explicit MachineLimits(int threads = 0);
  ~MachineLimits();
  MachineLimits(const MachineLimits&) = delete;
  MachineLimits& operator=(const MachineLimits&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  struct Read {
    std::uint64_t sum = 0;  ///< of the words, modulo 2^64
    double seconds = 0.0;
    double bytes_per_second = 0.0;  ///< bytes read
  };
  /// Reads `memory` once.
  Read read(std::span<const std::uint64_t> memory);

  struct Copy {
    double seconds = 0.0;
    double bytes_per_second = 0.0;  ///< bytes read and bytes written, added
  };
  /// Copies `from` to the start of `to`, which is at least as long, starts at a multiple of 16 bytes and does
  /// not overlap it. The copy bypasses the caches where the machine can: the lines of `to` are then not read
  /// before they are written.
  Copy copy(std::span<const std::uint64_t> from, std::span<std::uint64_t> to);

 private:
  void loop();
  /// Seconds that `work`, called once on every thread, takes.
  double time(const std::function<void()>& work);

  std::barrier<> gate_;
  const std::function<void()>* work_ = nullptr;  ///< null = end
  std::vector<std::thread> workers_;
};

}  // namespace evenscore
