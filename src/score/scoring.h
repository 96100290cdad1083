#pragma once

#include <cstddef>
#include <cstdint>

#include "batch/block_digest.h"
#include "evenscore/engine.h"
#include "evenscore/prediction_file.h"
#include "evenscore/program.h"
#include "evenscore/rows_file.h"
#include "evenscore/score_file.h"

namespace evenscore {

/// Scores every row of a job behind those of an unfinished run, in one of two schedules with the same bits.
/// Throws what reading, scoring and writing throw, and unscorable_row where the job stops at such a row.
class Scoring {
 public:
  const ScoreJob& job;
  const Program& program;
  RowSource& source;
  Engine& engine;
  PredictionWriter& writer;
  BlockDigest& rows_digest;
  const WantedOutputs& wanted;
  std::int64_t row_bytes;
  ScoreSummary& summary;  ///< rows_before is set; bad_rows, busy and cancelled are added to

  void run() { by_blocks() ? score_blocks() : score_batches(); }

 private:
  std::int64_t results() const;
  std::size_t threads() const;
  bool by_blocks() const;
  void report(std::int64_t rows) const;
  void score_blocks();
  void score_batches();
};

}  // namespace evenscore
