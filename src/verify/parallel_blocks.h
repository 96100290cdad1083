#pragma once

#include <tbb/task_arena.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/tbb/execution_policy.h>
#include <thrust/transform.h>

#include <cstdint>
#include <vector>

namespace evenscore::verifier {

/// results[i] = of_block(i) for all blocks, on `threads` threads (0 = one a hardware thread). `of_block` must
/// not throw and be safe from several threads.
template <class Result, class OfBlock>
void transform_blocks(std::int64_t blocks, int threads, const OfBlock& of_block,
                      std::vector<Result>& results) {
  results.resize(static_cast<std::size_t>(blocks));
  const thrust::counting_iterator<std::int64_t> first(0);
  tbb::task_arena arena(threads > 0 ? threads : tbb::task_arena::automatic);
  arena.execute(
      [&] { thrust::transform(thrust::tbb::par, first, first + blocks, results.begin(), of_block); });
}

}  // namespace evenscore::verifier
