#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evenscore/bench.h"

namespace evenscore::measure {

/// The rows to time, in memory, dense.
struct BenchRows {
  std::string source;
  std::int64_t available = 0;  ///< in the file
  RowsView view;
  std::vector<std::uint64_t> memory;  ///< a whole number of words, the last one padded with 0
};

/// Loads or makes up the rows of `job`; `result_bytes` a row limits how many. Throws as bench() does.
BenchRows bench_rows(const Pipeline& pipeline, const BenchJob& job, std::int64_t result_bytes);

/// The type that they have, without loading them. Throws as bench() does.
ElementType bench_rows_type(const Pipeline& pipeline, const BenchJob& job);

}  // namespace evenscore::measure
