#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "batch/journal_file.h"
#include "batch/output_layout.h"
#include "batch/part_frame.h"
#include "batch/unfinished_run.h"
#include "h5/part_file.h"

namespace evenscore {

/// Makes what is written durable every so often, and notes it in the journal. One thread. Throws
/// storage_failure, after which nothing more is noted.
class ProgressNotes {
 public:
  /// `file` and `layout` outlive it. No journal is there.
  ProgressNotes(h5::PartFile& file, OutputLayout& layout, const DigestPlaces& digests,
                const Resumption& resumption, JournalFile& journal);
  /// Goes on after `run`, with the journal that told of it.
  ProgressNotes(h5::PartFile& file, OutputLayout& layout, const UnfinishedRun& run,
                const Resumption& resumption, JournalFile& journal, const Journal& before);

  /// Rows were written: so many bytes, and the blocks that ended among them; the columns have their hashes.
  /// Throws also bad_request where the hashes of the rows are missing.
  void add(std::uint64_t bytes, std::span<const BlockHash> row_blocks);

  /// Notes all blocks that have ended, unless a note has failed before or stop() was called.
  void note();
  void stop() { stopped_ = true; }

  std::int64_t blocks_noted() const { return blocks_noted_; }

 private:
  JournalHeader make_header() const;
  void set_noted(std::int64_t blocks);

  h5::PartFile& file_;
  OutputLayout& layout_;
  JournalFile& journal_;
  DigestPlaces digests_;
  Fingerprint fingerprint_;
  double seconds_;
  std::atomic<std::int64_t>* rows_noted_;
  std::vector<std::byte> header_;  // of the journal, as it is stored
  std::vector<BlockHash> row_blocks_;
  std::int64_t blocks_noted_ = 0;
  std::uint64_t bytes_since_note_ = 0, bytes_since_sync_ = 0;
  std::chrono::steady_clock::time_point last_note_ = std::chrono::steady_clock::now();
  bool stopped_ = false;
};

}  // namespace evenscore
