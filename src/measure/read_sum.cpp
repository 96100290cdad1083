#include "measure/read_sum.h"

#include <array>

namespace evenscore::measure {
namespace {

/// Six streams at once: memory is asked for more lines ahead than one stream makes the hardware fetch (16.2
/// instead of 13.7 GB/s on a Xeon with AVX-512). More streams, more lines a turn or prefetching added
/// nothing.
[[gnu::always_inline]] inline std::uint64_t sum_of_streams(std::span<const std::uint64_t> words) {
  constexpr std::size_t kStreams = 6;
  constexpr std::size_t kWordsPerLine = 8;
  const std::size_t length = words.size() / kStreams / kWordsPerLine * kWordsPerLine;
  const std::uint64_t* first = words.data();
  std::array<std::uint64_t, kStreams> sums{};
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t stream = 0; stream < kStreams; ++stream) sums[stream] += first[stream * length + i];
  }
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  for (std::size_t i = kStreams * length; i < words.size(); ++i) total += first[i];
  return total;
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] std::uint64_t sum_avx512(std::span<const std::uint64_t> words) {
  return sum_of_streams(words);
}
[[gnu::target("avx2")]] std::uint64_t sum_avx2(std::span<const std::uint64_t> words) {
  return sum_of_streams(words);
}
#endif
std::uint64_t sum_baseline(std::span<const std::uint64_t> words) {
  return sum_of_streams(words);
}

}  // namespace

ReadSum choose_read_sum() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sum_avx512;
  if (__builtin_cpu_supports("avx2")) return sum_avx2;
#endif
  return sum_baseline;
}

}  // namespace evenscore::measure
