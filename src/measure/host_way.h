#pragma once

#include <memory>
#include <vector>

#include "evenscore/machine_limits.h"
#include "measure/bench_rows.h"
#include "measure/pinned_copies.h"
#include "measure/reference_check.h"
#include "measure/timed_run.h"

namespace evenscore::measure {

/// Rows and results in the host's memory, and what that memory can do at most.
class HostWay {
 public:
  HostWay(const BenchRows& rows, const ResultLayout& layout, ReferenceCheck& check);
  ~HostWay();
  HostWay(const HostWay&) = delete;
  HostWay& operator=(const HostWay&) = delete;

  /// Page-locks rows and results by an engine that has a GPU; once is enough for all GPUs.
  void pin(std::shared_ptr<Engine> engine);

  /// "plain read" and "plain copy" by so many threads.
  std::vector<Limit> limits(int threads);
  /// "copy to device" of the rows and "copy to host" of as many bytes as the results have.
  std::vector<Limit> limits(const std::shared_ptr<PinnedCopies>& copies);

  /// `rows` rows, `batch` of them a call. Its limits are those of the memory, or those of the copies.
  TimedRun run(EngineKind kind, const std::shared_ptr<Engine>& engine, std::int64_t rows, std::int64_t batch,
               bool beside_copies);

  /// How many rows a round of calls of `batch` rows may have.
  std::int64_t rows_for(Engine& engine, std::int64_t batch);
  /// Calls of `batch` rows, round and round over rows that a cache holds.
  Latency latency(Engine& engine, std::int64_t batch, double budget);

 private:
  void score(Engine& engine, std::int64_t first, std::int64_t count);
  void score_all(Engine& engine, std::int64_t rows, std::int64_t batch);
  std::string difference(Engine& engine, std::int64_t rows, std::int64_t batch);

  const BenchRows& rows_;
  ResultLayout layout_;
  ReferenceCheck& check_;
  std::vector<std::uint64_t> results_;  ///< also what the rows are copied to
  std::shared_ptr<Engine> pinned_by_;
};

}  // namespace evenscore::measure
