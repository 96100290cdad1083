#include "kernels/block_checks.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

namespace evenscore::kernels {
namespace {

/// Splits [0, n) over the machine's threads, and adds what they return.
std::uint64_t sum_over_threads(std::int64_t n,
                               const std::function<std::uint64_t(std::int64_t, std::int64_t)>& part) {
  const std::int64_t threads = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads));
  std::vector<std::thread> workers;
  for (std::int64_t t = 0; t < threads; ++t) {
    const std::int64_t begin = n / threads * t;
    const std::int64_t end = t + 1 == threads ? n : n / threads * (t + 1);
    workers.emplace_back(
        [&sums, &part, t, begin, end] { sums[static_cast<std::size_t>(t)] = part(begin, end); });
  }
  for (std::thread& worker : workers) worker.join();
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  return total;
}

template <class Bits>
std::uint64_t hash_range(const void* elements, std::int64_t begin, std::int64_t end) {
  std::uint64_t total = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    total += element_hash(static_cast<std::uint64_t>(i), static_cast<const Bits*>(elements)[i]);
  }
  return total;
}

}  // namespace

std::uint64_t sweep_block(int block) {
  return sum_over_threads(kSweepBlockFloats, [block](std::int64_t begin, std::int64_t end) {
    std::uint64_t total = 0;
    for (std::int64_t i = begin; i < end; ++i) {
      total += sweep_hash(static_cast<std::uint64_t>(block * kSweepBlockFloats + i));
    }
    return total;
  });
}

void fill_random_rows(const RandomRows& rows, std::int64_t first, std::int64_t count, std::byte* to) {
  sum_over_threads(count, [&rows, first, to](std::int64_t begin, std::int64_t end) {
    const auto size = static_cast<std::int64_t>(element_size(rows.type));
    for (std::int64_t r = begin; r < end; ++r) {
      std::byte* at = to + r * rows.columns * size;
      for (std::int64_t c = 0; c < rows.columns; ++c, at += size) {
        const auto row = static_cast<std::uint64_t>(first + r);
        const auto column = static_cast<std::uint64_t>(c);
        if (rows.type == ElementType::f32) {
          const std::uint32_t bits = random_f32_bits(rows, row, column);
          std::memcpy(at, &bits, sizeof bits);
        } else {
          const std::uint64_t bits = random_f64_bits(rows, row, column);
          std::memcpy(at, &bits, sizeof bits);
        }
      }
    }
    return std::uint64_t{0};
  });
}

std::uint64_t hash_elements(const void* elements, int element_bytes, std::int64_t count) {
  return sum_over_threads(count, [elements, element_bytes](std::int64_t begin, std::int64_t end) {
    return element_bytes == 1   ? hash_range<std::uint8_t>(elements, begin, end)
           : element_bytes == 4 ? hash_range<std::uint32_t>(elements, begin, end)
                                : hash_range<std::uint64_t>(elements, begin, end);
  });
}

}  // namespace evenscore::kernels
