#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "batch/journal_record.h"

namespace evenscore {

/// `PATH.journal`: which rows of `PATH.part` are on the disk. Whoever holds the part file's lock may touch
/// it. One thread. Errors name the journal.
class JournalFile {
 public:
  /// Of the output `path`.
  explicit JournalFile(const std::string& path);
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;
  ~JournalFile();

  const std::string& journal_path() const { return journal_path_; }

  /// What an earlier run wrote; nothing where there is no journal or a run was killed before its header was
  /// whole. Throws limit_exceeded for a journal of more than 1 GiB, storage_failure.
  std::optional<Journal> read() const;

  /// Begins a new journal; an old one is gone. Durable when it returns. Throws storage_failure.
  void create(std::span<const std::byte> header);
  /// Goes on behind the first `bytes` bytes of the one that is there.
  void go_on(std::uint64_t bytes);
  bool is_open() const { return file_ >= 0; }

  /// Adds records; durable when it returns. Throws storage_failure, after which it may not be called again.
  void append(std::span<const std::byte> records);

  /// Removes the journal, if there is one.
  void remove();
  /// The same for a journal of a part file that is gone; whether it works does not matter.
  void discard();

 private:
  std::string journal_path_;
  int file_ = -1;
};

}  // namespace evenscore
