#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace evenscore::h5 {

/// What a child process is granted.
struct ContainedLimits {
  std::uint64_t memory = std::uint64_t{1} << 30;  ///< bytes of addresses beyond those mapped when it starts
  std::uint64_t answer = std::uint64_t{1} << 20;  ///< bytes that it may return
  std::chrono::seconds processor{30};             ///< time it may compute
  std::chrono::milliseconds wall = std::chrono::minutes{5};  ///< time until it is killed; a slow disk counts
  std::vector<int> keep;  ///< descriptors that the work reads; all others but the outputs are closed
};

/// What a child process returned. Foreign bytes, whatever its code: the child may have been taken over.
struct ContainedAnswer {
  std::unique_ptr<std::byte[]> bytes;
  std::size_t size = 0;

  std::span<const std::byte> view() const { return {bytes.get(), size}; }
};

/// Runs `work` in a forked child of this process and returns what it returned there; nothing else that it
/// does is seen here. The child dies with this thread, gains no privileges, opens no file and no socket,
/// starts nothing and writes nothing (stdout and stderr lead nowhere), dumps no core, has every signal at its
/// default and runs no exit handler (h5/confinement.h). The library mutex is held over the fork, so `work`
/// may use libhdf5; it must not need a lock of ours that another thread may hold. Memory is not limited under
/// a sanitizer that reserves its addresses.
///
/// Safe from several threads, which must not hold the library mutex. Throws Error: corrupt_file when the
/// child ended by a signal, by an exception of `work` or without a whole answer, or answered too much;
/// limit_exceeded when it took too long; storage_failure when no process can be had.
ContainedAnswer run_contained(const std::function<std::vector<std::byte>()>& work,
                              const ContainedLimits& limits);

}  // namespace evenscore::h5
