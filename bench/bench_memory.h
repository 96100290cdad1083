#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore::benchmarks {

/// The memory that every case views in its own way, touched once so that no case pays for fresh pages. One
/// caller at a time.
class BenchMemory {
 public:
  /// `bytes` of rows, a multiple of 8, and four times as many of results.
  explicit BenchMemory(std::size_t bytes);

  /// The rows' memory, full of values of `type` (floats near normal, integers from -100 to 100 or 0 to 100)
  /// until it is asked for as another type.
  std::span<const std::uint64_t> rows(ElementType type);
  std::span<std::uint64_t> results() { return results_; }

 private:
  std::vector<std::uint64_t> rows_;
  std::vector<std::uint64_t> results_;
  ElementType type_;
};

/// Of this process: EVENSCORE_BENCH_MIB (environment) MiB of rows, default 256.
BenchMemory& bench_memory();

}  // namespace evenscore::benchmarks
