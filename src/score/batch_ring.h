#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "batch/block_digest.h"
#include "evenscore/prediction_file.h"
#include "evenscore/rows_file.h"
#include "evenscore/score_file.h"
#include "score/batch.h"
#include "score/channel.h"

namespace evenscore {

/// Two threads beside the caller's: rows flow reader -> engine -> writer through slots that return to the
/// reader. What is referred to must outlive it.
class BatchRing {
 public:
  BatchRing(RowSource& source, PredictionWriter& writer, BlockDigest& digest)
      : source_(source), writer_(writer), digest_(digest) {}
  ~BatchRing() { stop(); }
  BatchRing(const BatchRing&) = delete;
  BatchRing& operator=(const BatchRing&) = delete;

  void start(std::vector<Batch>& slots, std::int64_t first_row, std::int64_t batch_rows);

  /// The next batch of rows, nothing after the last or after a failure.
  Batch* next() { return full_.pop().value_or(nullptr); }
  void write(Batch* batch) { scored_.push(batch); }

  /// After finish(); reading is all that the reader waited for, hashing apart.
  const BusySeconds& seconds() const { return seconds_; }

  /// Waits for what is under way; rethrows the first failure of either thread.
  void finish();

 private:
  template <class Work>
  void guarded(Work work);
  void read_all(std::int64_t first_row, std::int64_t batch_rows);
  void write_all();
  void close();
  void stop();

  RowSource& source_;
  PredictionWriter& writer_;
  BlockDigest& digest_;
  BusySeconds seconds_;
  Channel<Batch*> free_, full_, scored_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::thread reader_, writer_thread_;
};

}  // namespace evenscore
