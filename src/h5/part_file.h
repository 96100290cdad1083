#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evenscore::h5 {

/// A file in the making: `PATH.part`, which becomes PATH complete or not at all. The part file is locked
/// while this lives, so a second run on the same PATH is refused; one that a killed run left behind is
/// replaced. Without commit() the destructor removes it. One thread. Errors name PATH.
class PartFile {
 public:
  /// Throws output_exists (PATH is there and `overwrite` is false, or another run is writing it), bad_request
  /// (PATH or its part is one of `inputs`, or a directory; its directory is missing or may not be written),
  /// storage_failure.
  PartFile(std::string path, bool overwrite, const std::vector<std::string>& inputs = {});
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  const std::string& part_path() const { return part_path_; }

  /// Throws storage_failure when the file system has no room for `bytes` more; says nothing where it cannot
  /// tell.
  void check_room(std::uint64_t bytes) const;

  /// Allocates the first `size` bytes, so that a full disk shows now and not at the last row.
  void reserve(std::uint64_t size);

  /// Writes all of `bytes` at `offset`; throws storage_failure.
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Data to the disk, then the name, then the directory. Throws storage_failure, output_exists.
  void commit();

 private:
  std::string path_, part_path_;
  bool overwrite_;
  int directory_ = -1, file_ = -1;
  bool committed_ = false;
};

}  // namespace evenscore::h5
