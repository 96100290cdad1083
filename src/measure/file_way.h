#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/scratch_folder.h"
#include "evenscore/score_file.h"
#include "measure/bench_rows.h"
#include "measure/reference_check.h"
#include "measure/timed_run.h"

namespace evenscore::measure {

/// Rows in one HDF5 file, results in another, and what the file system can do at most.
class FileWay {
 public:
  /// The rows of `job`'s file, or as many made-up ones as `rows` has in a file of its own. Throws Error:
  /// storage_failure, and limit_exceeded for a file of more than 8 GiB or one of which not all rows are
  /// timed.
  FileWay(const ModelFile& model, const BenchJob& job, const BenchRows& rows, const WantedOutputs& wanted,
          ReferenceCheck& check);

  /// "file read" of the rows, and "file write", synced, of as many bytes as the results have.
  std::vector<Limit> limits();
  /// All rows.
  TimedRun run(EngineKind kind, const EngineOptions& options);

 private:
  ScoreSummary score(EngineKind kind, const EngineOptions& options);
  std::string difference();

  const ModelFile& model_;
  const BenchJob& job_;
  const ScratchFolder folder_;
  std::string rows_path_, results_path_;
  WantedOutputs wanted_;
  ReferenceCheck& check_;
  std::int64_t rows_ = 0;
  std::uintmax_t rows_bytes_ = 0, results_bytes_ = 0;
};

}  // namespace evenscore::measure
