#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "h5/file_identity.h"

namespace evenscore::h5 {

/// A regular file opened for reading by plain reads. No lock is taken (network file systems refuse it) and
/// nothing is mapped: a file that shrinks is an error, not a signal. Copies share the descriptor. Safe from
/// several threads. Errors name the file.
class InputFile {
 public:
  /// Throws file_missing (absent, a directory, a pipe or device), corrupt_file (empty), storage_failure.
  explicit InputFile(const std::string& path);

  const std::string& path() const;
  int descriptor() const;
  /// As it was when it was opened.
  const FileIdentity& identity() const;

  /// Fills `to` from the file's bytes at `offset`. Throws corrupt_file where the file ends before,
  /// storage_failure.
  void read_at(std::uint64_t offset, std::span<std::byte> to) const;

  /// Throws corrupt_file when the file is no longer what was opened (size or time of change).
  void check_unchanged() const;

 private:
  struct Opened;
  std::shared_ptr<const Opened> opened_;
};

}  // namespace evenscore::h5
