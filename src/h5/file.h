#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "h5/file_identity.h"
#include "h5/handle.h"

namespace evenscore::h5 {

/// One link of a group.
struct Link {
  std::string name;
  bool is_hard = true;  ///< false: soft, external or user-defined
};

/// An object found by its path: the group that holds it and its name there ("." for the root group).
struct Location {
  Handle group;
  std::string name;
};

/// An HDF5 file opened for reading, with no file lock taken (network file systems refuse it) and no plugin
/// loaded. Copies share the open file. Safe from several threads.
class File {
 public:
  /// Throws Error naming `path`: file_missing (absent, not a regular file), corrupt_file (empty, not HDF5,
  /// truncated), storage_failure (cannot be read).
  explicit File(const std::string& path);

  const std::string& path() const { return path_; }
  FileIdentity identity() const { return identity_; }

  /// Throws corrupt_file when the file is no longer what was opened (size or time of change).
  void check_unchanged() const;

  /// Walks `object_path` from the root by hard links, and by at most 16 soft links. Throws bad_request for an
  /// object that is not there, unsupported for an external or user-defined link (naming the other file).
  Location locate(std::string_view object_path) const;

  /// Opens the object at `location`.
  Handle open(const Location& location) const;

 private:
  std::string path_;
  std::shared_ptr<Handle> handle_;
  FileIdentity identity_;
};

bool is_group(const Handle& object);
bool is_dataset(const Handle& object);

/// The links of `group` in byte order of their names. Throws limit_exceeded beyond `most` links.
std::vector<Link> links_of(const Handle& group, std::uint64_t most);

/// An address that tells the objects of one file apart.
std::uint64_t object_address(const Handle& object);

/// Throws unsupported naming what the link leads to; for links that are not hard.
[[noreturn]] void refuse_link(const Handle& group, const std::string& name);

}  // namespace evenscore::h5
