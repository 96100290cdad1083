#include "evenscore/machine_limits.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "measure/read_sum.h"
#include "measure/stream_copy.h"

namespace evenscore {
namespace {

constexpr std::size_t kWordsAtATime = std::size_t{1} << 17;  // 1 MiB

int thread_count(int threads) {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

MachineLimits::MachineLimits(int threads) : gate_(thread_count(threads)) {
  for (int i = 1; i < thread_count(threads); ++i) workers_.emplace_back([this] { loop(); });
}

MachineLimits::~MachineLimits() {
  work_ = nullptr;
  gate_.arrive_and_wait();
  for (std::thread& worker : workers_) worker.join();
}

void MachineLimits::loop() {
  for (;;) {
    gate_.arrive_and_wait();
    if (work_ == nullptr) return;
    (*work_)();
    gate_.arrive_and_wait();
  }
}

double MachineLimits::time(const std::function<void()>& work) {
  work_ = &work;
  const auto start = std::chrono::steady_clock::now();
  gate_.arrive_and_wait();
  work();
  gate_.arrive_and_wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

MachineLimits::Read MachineLimits::read(std::span<const std::uint64_t> memory) {
  const measure::ReadSum read_sum = measure::choose_read_sum();
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> total{0};
  Read result;
  result.seconds = time([&] {
    std::uint64_t sum = 0;
    for (;;) {
      const std::size_t first = next.fetch_add(kWordsAtATime);
      if (first >= memory.size()) break;
      sum += read_sum(memory.subspan(first, std::min(kWordsAtATime, memory.size() - first)));
    }
    total += sum;
  });
  result.sum = total;
  result.bytes_per_second = static_cast<double>(memory.size_bytes()) / result.seconds;
  return result;
}

MachineLimits::Copy MachineLimits::copy(std::span<const std::uint64_t> from, std::span<std::uint64_t> to) {
  std::atomic<std::size_t> next{0};
  Copy result;
  result.seconds = time([&] {
    for (;;) {
      const std::size_t first = next.fetch_add(kWordsAtATime);
      if (first >= from.size()) break;
      measure::stream_copy(from.subspan(first, std::min(kWordsAtATime, from.size() - first)),
                           to.subspan(first));
    }
  });
  result.bytes_per_second = 2.0 * static_cast<double>(from.size_bytes()) / result.seconds;
  return result;
}

}  // namespace evenscore
