// A hash over exp32 and sigmoid32 at every f32 bit pattern. Equal for every compiler, instruction set and
// device.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <thread>
#include <vector>

#include "evenscore/arith/logistic.h"

namespace {

/// Independent of the order in which blocks are hashed: the sum of each pattern's own hash.
std::uint64_t hash_block(std::uint64_t begin, std::uint64_t end) {
  std::uint64_t total = 0;
  for (std::uint64_t i = begin; i < end; ++i) {
    const float x = evenscore::arith::float_of(static_cast<std::uint32_t>(i));
    const auto p = evenscore::arith::sigmoid32(static_cast<double>(x));
    std::uint64_t h = i * 0x9e3779b97f4a7c15ULL;
    h = (h ^ evenscore::arith::bits_of(evenscore::arith::exp32(x))) * 0xbf58476d1ce4e5b9ULL;
    h = (h ^ evenscore::arith::bits_of(p.p)) * 0x94d049bb133111ebULL;
    h = (h ^ evenscore::arith::bits_of(p.q)) * 0xbf58476d1ce4e5b9ULL;
    total += h ^ (h >> 31);
  }
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
