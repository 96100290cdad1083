#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "h5/file_identity.h"

namespace evenscore::h5 {

/// What becomes of the part file that an earlier run left behind.
enum class Unfinished : std::uint8_t { replace, keep };

/// A file in the making: `PATH.part`, which becomes PATH complete or not at all. The part file is locked
/// while this lives, so a second run on the same PATH is refused; one that a killed run left behind is
/// replaced, or kept where asked. Without commit() the destructor removes it, unless leave() was called. One
/// thread. Errors name PATH.
class PartFile {
 public:
  /// Throws output_exists (PATH is there and `overwrite` is false, or another run is writing it), bad_request
  /// (PATH or its part is one of `inputs`, or a directory; its directory is missing or may not be written),
  /// storage_failure.
  PartFile(std::string path, bool overwrite, const std::vector<std::string>& inputs = {},
           Unfinished unfinished = Unfinished::replace);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  const std::string& part_path() const { return part_path_; }

  /// Whether it is the part file of an earlier run. Such a one is left where it is until start_over().
  bool is_kept() const { return is_kept_; }
  /// Puts an empty part file in this one's place.
  void start_over();
  /// From now on the destructor leaves the part file behind.
  void leave() { leave_ = true; }

  FileIdentity identity() const { return identity_of(file_); }

  /// Throws storage_failure when the file system has no room for `bytes` more; says nothing where it cannot
  /// tell.
  void check_room(std::uint64_t bytes) const;

  /// Allocates the first `size` bytes, so that a full disk shows now and not at the last row.
  void reserve(std::uint64_t size);

  /// Writes all of `bytes` at `offset`; throws storage_failure.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Reads bytes that were written. Throws storage_failure, also where the file is shorter.
  void read_at(std::uint64_t offset, std::span<std::byte> bytes) const;

  /// Asks the kernel to begin writing what write_at gave it to the disk, and does not wait for it.
  void begin_sync() const;
  /// All bytes to the disk. After a failure it may not be called again. Throws storage_failure.
  void sync_data() const;

  /// Data to the disk, then the name, then the directory. Throws storage_failure, output_exists; it has then
  /// not got its name, or has lost it again.
  void commit();

 private:
  std::string path_, part_path_;
  bool overwrite_;
  int directory_ = -1, file_ = -1;
  bool committed_ = false, is_kept_ = false, leave_ = false;

  bool open_kept();
  void create();
};

}  // namespace evenscore::h5
