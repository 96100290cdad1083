#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/rows_file.h"
#include "evenscore/score_file.h"
#include "score/batch.h"

namespace evenscore {

/// Scores rows that several threads can read at once (RowSource::share): each thread takes
/// a block of BlockDigest::kBlockRows rows and reads, hashes and scores it in pieces that its cache holds, so
/// that rows come from memory once. Blocks come back in row order. One caller.
class BlockRun {
 public:
  /// A block of rows that was scored.
  struct Block {
    explicit Block(Batch&& room) : batch(std::move(room)) {}

    Batch batch;
    std::int64_t index = 0;
    BlockHash rows_hash{};  ///< also of a last block that is shorter
    std::int64_t bad_rows = 0;
    bool is_done = false;
    std::exception_ptr failure;
  };

  struct Options {
    std::int64_t first_row = 0;   ///< where a block begins
    std::int64_t piece_rows = 1;  ///< that a Block has room for
    bool stop_at_bad_rows = true;
  };

  /// `slots` have room for the results of a block; each of `engines` is one thread's own. What is referred to
  /// must outlive this.
  BlockRun(const RowSource& source, const Program& program, std::vector<std::unique_ptr<Engine>> engines,
           std::vector<Block> slots, const Options& options);
  /// Stops what is under way.
  ~BlockRun();
  BlockRun(const BlockRun&) = delete;
  BlockRun& operator=(const BlockRun&) = delete;

  /// The next block in row order; null after the last, and soon after `cancelled` (may be null) turns true.
  /// Throws what reading and scoring it threw: unscorable_row for a row that cannot be scored.
  Block* next(const std::atomic<bool>* cancelled);
  /// Gives a block's room to the next one.
  void give_back(Block* block);

  /// Of all threads, divided by their number. After the last block.
  BusySeconds seconds() const;

 private:
  void work(std::size_t thread);
  void score(Block& block, Engine& engine, BusySeconds& seconds);

  const RowSource& source_;
  const Program& program_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<Block> slots_;
  Options options_;
  std::int64_t blocks_, next_to_take_ = 0, next_to_give_ = 0;
  std::vector<Block*> free_;
  std::vector<BusySeconds> seconds_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable freed_, done_;
  std::vector<std::thread> threads_;
};

}  // namespace evenscore
