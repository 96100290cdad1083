#include "score/batch_ring.h"

#include <algorithm>
#include <optional>

#include "base/stopwatch.h"

namespace evenscore {

template <class Work>
void BatchRing::guarded(Work work) {
  try {
    work();
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    close();
  }
}

void BatchRing::start(std::vector<Batch>& slots, std::int64_t first_row, std::int64_t batch_rows) {
  for (Batch& slot : slots) free_.push(&slot);
  reader_ = std::thread([this, first_row, batch_rows] {
    guarded([this, first_row, batch_rows] { read_all(first_row, batch_rows); });
  });
  writer_thread_ = std::thread([this] { guarded([this] { write_all(); }); });
}

void BatchRing::finish() {
  scored_.close();
  if (writer_thread_.joinable()) writer_thread_.join();
  stop();
  if (failure_) std::rethrow_exception(failure_);
}

void BatchRing::read_all(std::int64_t first_row, std::int64_t batch_rows) {
  for (std::int64_t row = first_row; row < source_.count();) {
    const std::optional<Batch*> slot = free_.pop();
    if (!slot) return;
    Batch& batch = **slot;
    batch.first = row;
    // Up to a multiple of the batch, so that chunks are decoded once after a resumption too.
    batch.count = std::min(batch_rows - row % batch_rows, source_.count() - row);
    row += batch.count;
    {
      const Stopwatch watch(seconds_.reading);
      source_.read(batch.first, batch.count, batch.rows.data());
      for (std::size_t i = 0; i < batch.copies.size(); ++i)
        source_.read_copied(i, batch.first, batch.count, batch.copies[i].data());
    }
    {
      const Stopwatch watch(seconds_.hashing);
      batch.row_blocks = digest_.update(batch.rows.data(), batch.count);
    }
    full_.push(&batch);
  }
  full_.close();
}

void BatchRing::write_all() {
  while (const std::optional<Batch*> batch = scored_.pop()) {
    {
      const Stopwatch watch(seconds_.writing);
      writer_.write((*batch)->first, (*batch)->count, (*batch)->outputs(), (*batch)->row_blocks,
                    (*batch)->copied());
    }
    free_.push(*batch);
  }
}

void BatchRing::close() {
  free_.close();
  full_.close();
  scored_.close();
}

void BatchRing::stop() {
  close();
  if (reader_.joinable()) reader_.join();
  if (writer_thread_.joinable()) writer_thread_.join();
}

}  // namespace evenscore
