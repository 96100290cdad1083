#include "score/scoring.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/stopwatch.h"
#include "score/bad_row.h"
#include "score/batch.h"
#include "score/batch_ring.h"
#include "score/block_run.h"
#include "score/pinned_batches.h"
#include "score/scorers.h"

namespace evenscore {
namespace {

constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;         // of rows that a core's cache holds
constexpr std::int64_t kMostBlockResults = std::int64_t{16} << 20;  // of a block
constexpr std::int64_t kBlocksAThread = 2;
constexpr std::size_t kSlots = 2;  // one being read, one written, beside those being scored

// Shares the time that the reader took out over what its threads did in it; plain reads do nothing else.
void add_reading(const ReadSeconds& threads, const BusySeconds& ring, BusySeconds& busy) {
  const double all = threads.reading + threads.decoding + threads.copying;
  if (all == 0.0) busy.reading += ring.reading;
  const double share = all > 0.0 ? ring.reading / all : 0.0;
  busy.reading += threads.reading * share;
  busy.decoding += threads.decoding * share;
  busy.copying += threads.copying * share;
  busy.hashing += ring.hashing;
  busy.writing += ring.writing;
}

}  // namespace

// Bytes of results a row, and of what is copied beside them.
std::int64_t Scoring::results() const {
  std::int64_t bytes = result_bytes(program, job.output_type, wanted);
  for (const CopiedColumn& copy : source.copied()) bytes += static_cast<std::int64_t>(copy.size());
  return bytes;
}

std::size_t Scoring::threads() const {
  return static_cast<std::size_t>(std::max(1, job.engine_options.threads > 0
                                                  ? job.engine_options.threads
                                                  : static_cast<int>(std::thread::hardware_concurrency())));
}

// Whether rows can go from the file through a core's cache: on CPUs, and where there are blocks enough for
// every thread.
bool Scoring::by_blocks() const {
  return job.engine == EngineKind::cpu && job.batch_rows == 0 && row_bytes > 0 &&
         results() * BlockDigest::kBlockRows <= kMostBlockResults &&
         source.count() - summary.rows_before >=
             kBlocksAThread * static_cast<std::int64_t>(threads()) * BlockDigest::kBlockRows &&
         source.share(threads());
}

void Scoring::report(std::int64_t rows) const {
  if (job.progress) job.progress({rows, source.count(), rows * row_bytes});
}

void Scoring::score_blocks() {
  std::vector<std::unique_ptr<Engine>> engines;
  EngineOptions one_thread = job.engine_options;
  one_thread.threads = 1;
  while (engines.size() < threads()) engines.push_back(job.make(job.engine, program, one_thread));
  BlockRun::Options options;
  options.first_row = summary.rows_before;
  options.piece_rows = std::min(source.shared_rows(kPieceBytes), BlockDigest::kBlockRows);
  options.stop_at_bad_rows = job.bad_rows == BadRows::stop;
  std::vector<BlockRun::Block> slots;
  while (slots.size() < threads() + kSlots) {
    slots.emplace_back(Batch(program, source.type(), job.output_type, wanted, BlockDigest::kBlockRows,
                             source.copied(), options.piece_rows));
  }
  BlockRun run(source, program, std::move(engines), std::move(slots), options);
  while (BlockRun::Block* block = run.next(job.cancelled)) {
    Batch& batch = block->batch;
    rows_digest.append({&block->rows_hash, 1});
    summary.bad_rows += block->bad_rows;
    {
      const Stopwatch watch(summary.busy.copying);
      for (std::size_t i = 0; i < batch.copies.size(); ++i)
        source.read_copied(i, batch.first, batch.count, batch.copies[i].data());
    }
    {
      const Stopwatch watch(summary.busy.writing);
      writer.write(batch.first, batch.count, batch.outputs(), batch.row_blocks, batch.copied());
    }
    const std::int64_t rows = batch.first + batch.count;
    run.give_back(block);
    report(rows);
  }
  summary.cancelled = writer.rows_written() < source.count();
  const BusySeconds seconds = run.seconds();
  add_reading(source.seconds(), seconds, summary.busy);
  summary.busy.scoring += seconds.scoring;
}

void Scoring::score_batches() {
  const std::int64_t most = std::max<std::int64_t>(1, static_cast<std::int64_t>(4 * kBatchBytes) / results());
  std::int64_t batch_rows =
      job.batch_rows > 0 ? job.batch_rows : std::min(most, source.batch_rows(kBatchBytes));
  batch_rows = std::max<std::int64_t>(1, std::min(batch_rows, source.count()));
  const std::size_t n_slots = kSlots + static_cast<std::size_t>(engine.concurrent_runs());
  std::vector<Batch> slots;
  slots.reserve(n_slots);
  while (slots.size() < n_slots)
    slots.emplace_back(program, source.type(), job.output_type, wanted, batch_rows, source.copied());
  const PinnedBatches pinned(engine, slots);
  BatchRing ring(source, writer, rows_digest);
  ring.start(slots, summary.rows_before, batch_rows);
  Scorers scorers(engine);
  const auto take = [&]() -> Batch& {
    const Stopwatch watch(summary.busy.scoring);
    return scorers.take();
  };
  const auto pass_on = [&] {
    Batch& batch = take();
    const std::int64_t bad_rows = batch.bad_rows(0, batch.count);
    summary.bad_rows += bad_rows;
    if (bad_rows > 0 && job.bad_rows == BadRows::stop) throw bad_row(source, program, batch, 0, batch.count);
    const std::int64_t rows = batch.first + batch.count;
    ring.write(&batch);
    report(rows);
  };
  while (Batch* batch = ring.next()) {
    if (job.cancelled != nullptr && job.cancelled->load()) {
      summary.cancelled = true;
      break;
    }
    {
      const Stopwatch watch(summary.busy.scoring);
      scorers.put(*batch);
    }
    if (scorers.full()) pass_on();
  }
  while (!summary.cancelled && !scorers.empty()) pass_on();
  ring.finish();
  add_reading(source.seconds(), ring.seconds(), summary.busy);
}

}  // namespace evenscore
