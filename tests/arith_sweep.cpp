// A hash over exp32 and sigmoid32 at every f32 bit pattern. Equal for every compiler, instruction set and
// device.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <thread>
#include <vector>

#include "kernels/block_checks.h"

namespace {

/// Independent of the order in which blocks are hashed: the sum of each pattern's own hash.
std::uint64_t hash_block(std::uint64_t begin, std::uint64_t end) {
  std::uint64_t total = 0;
  for (std::uint64_t i = begin; i < end; ++i) total += evenscore::kernels::sweep_hash(i);
  return total;
}

}  // namespace

int main() {
  const std::uint64_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::uint64_t> totals(threads);
  std::vector<std::thread> workers;
  for (std::uint64_t t = 0; t < threads; ++t) {
    workers.emplace_back(
        [&totals, t, threads] { totals[t] = hash_block((t << 32) / threads, ((t + 1) << 32) / threads); });
  }
  std::uint64_t total = 0;
  for (std::uint64_t t = 0; t < threads; ++t) {
    workers[t].join();
    total += totals[t];
  }
  std::printf("exp32 and sigmoid32 at 2^32 floats: %016" PRIx64 "\n", total);
}
