#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device.h"

/// What evenscore's kernels are timed beside. None of this is part of evenscore, and none of it keeps bits.
namespace evenscore::benchmarks {

/// Whether this build has them: without nvcc the functions do nothing.
bool has_peer_kernels();

/// CUB's sum of `count` words, on `stream`. As CUB has it: without `temporary` only `temporary_bytes` is set.
void cub_sum(void* temporary, std::size_t& temporary_bytes, const std::uint64_t* words, std::size_t count,
             std::uint64_t* sum, kernels::StreamHandle stream);

/// Two classes, one score: what a fast kernel does where bits do not matter. The scaler is folded into the
/// weights, sums are in any order, f32 rows are summed in f32 with the fast exponential and division, f64
/// rows in f64.
struct FreeOrder {
  const void* rows = nullptr;     ///< dense, f32 or f64, on the device
  const void* weights = nullptr;  ///< of the rows' type, one a column, on the device
  double intercept = 0.0;
  bool f64 = false;
  std::int64_t count = 0;
  std::int32_t columns = 0;
  std::int32_t* label_index = nullptr;
  float* proba = nullptr;  ///< two a row
};
void free_order_scores(const FreeOrder& work, int multiprocessors, kernels::StreamHandle stream);

}  // namespace evenscore::benchmarks
