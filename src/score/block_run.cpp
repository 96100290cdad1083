#include "score/block_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/stopwatch.h"
#include "batch/block_digest.h"
#include "score/bad_row.h"

namespace evenscore {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};  // at whether the job was cancelled

}  // namespace

BlockRun::BlockRun(const RowSource& source, const Program& program,
                   std::vector<std::unique_ptr<Engine>> engines, std::vector<Block> slots,
                   const Options& options)
    : source_(source),
      program_(program),
      engines_(std::move(engines)),
      slots_(std::move(slots)),
      options_(options),
      blocks_((source.count() - options.first_row + BlockDigest::kBlockRows - 1) / BlockDigest::kBlockRows),
      seconds_(engines_.size()) {
  for (Block& slot : slots_) free_.push_back(&slot);
  for (std::size_t thread = 0; thread < engines_.size(); ++thread)
    threads_.emplace_back([this, thread] { work(thread); });
}

BlockRun::~BlockRun() {
  {
    const std::lock_guard lock(mutex_);
    stopped_.store(true);
  }
  freed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BlockRun::work(std::size_t thread) {
  for (;;) {
    Block* block = nullptr;
    {
      std::unique_lock lock(mutex_);
      freed_.wait(lock, [this] { return stopped_.load() || next_to_take_ == blocks_ || !free_.empty(); });
      if (stopped_.load() || next_to_take_ == blocks_) return;
      block = free_.back();
      free_.pop_back();
      block->index = next_to_take_++;
      block->failure = nullptr;
    }
    try {
      score(*block, *engines_[thread], seconds_[thread]);
    } catch (...) {
      block->failure = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      block->is_done = true;
    }
    done_.notify_one();
  }
}

void BlockRun::score(Block& block, Engine& engine, BusySeconds& seconds) {
  Batch& batch = block.batch;
  batch.first = options_.first_row + block.index * BlockDigest::kBlockRows;
  batch.count = std::min(BlockDigest::kBlockRows, source_.count() - batch.first);
  BlockDigest digest(static_cast<std::size_t>(source_.columns()) * element_size(source_.type()));
  batch.row_blocks.clear();
  block.bad_rows = 0;
  for (std::int64_t done = 0; done < batch.count && !stopped_.load(); done += options_.piece_rows) {
    const std::int64_t n = std::min(options_.piece_rows, batch.count - done);
    {
      const Stopwatch watch(seconds.reading);
      source_.read_shared(batch.first + done, n, batch.rows.data());
    }
    {
      const Stopwatch watch(seconds.hashing);
      batch.row_blocks = digest.update(batch.rows.data(), n);
    }
    const Stopwatch watch(seconds.scoring);
    engine.run(batch.rows_view(n), batch.outputs(done));
    const std::int64_t bad_rows = batch.bad_rows(done, n);
    block.bad_rows += bad_rows;
    if (bad_rows > 0 && options_.stop_at_bad_rows) throw bad_row(source_, program_, batch, done, n);
  }
  block.rows_hash =
      batch.row_blocks.empty() ? digest.end_block().value_or(BlockHash{}) : batch.row_blocks.front();
}

BlockRun::Block* BlockRun::next(const std::atomic<bool>* cancelled) {
  std::unique_lock lock(mutex_);
  while (next_to_give_ < blocks_) {
    if (cancelled != nullptr && cancelled->load()) return nullptr;
    const auto found = std::find_if(slots_.begin(), slots_.end(), [this](const Block& slot) {
      return slot.is_done && slot.index == next_to_give_;
    });
    if (found == slots_.end()) {
      done_.wait_for(lock, kBetweenLooks);
      continue;
    }
    if (found->failure) std::rethrow_exception(found->failure);
    ++next_to_give_;
    return &*found;
  }
  return nullptr;
}

void BlockRun::give_back(Block* block) {
  {
    const std::lock_guard lock(mutex_);
    block->is_done = false;
    free_.push_back(block);
  }
  freed_.notify_one();
}

BusySeconds BlockRun::seconds() const {
  BusySeconds all;
  const auto threads = static_cast<double>(seconds_.size());
  for (const BusySeconds& one : seconds_) {
    all.reading += one.reading / threads;
    all.hashing += one.hashing / threads;
    all.scoring += one.scoring / threads;
  }
  return all;
}

}  // namespace evenscore
