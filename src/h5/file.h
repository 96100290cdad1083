#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "h5/handle.h"
#include "h5/input_file.h"

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

/// An HDF5 file that libhdf5 parses, without plugins and without any other file (h5/read_only_driver.h). What
/// comes from elsewhere is parsed in a child process alone: `ask`. Copies share the open file. Safe from
/// several threads.
class File {
 public:
  /// Throws Error naming the file: corrupt_file (not HDF5, truncated), unsupported (written by a newer HDF5),
  /// storage_failure (cannot be read).
  explicit File(InputFile input);

  const std::string& path() const { return input_.path(); }
  const InputFile& input() const { return input_; }
  const FileIdentity& identity() const { return input_.identity(); }

  /// Walks `object_path` from the root by hard links, and by at most 16 soft links. Throws bad_request for an
  /// object that is not there, unsupported for an external or user-defined link (naming the other file).
  Location locate(std::string_view object_path) const;

  /// Opens the object at `location`.
  Handle open(const Location& location) const;

 private:
  InputFile input_;
  std::shared_ptr<const InputFile> source_;  // what libhdf5 holds a pointer to
  std::shared_ptr<Handle> handle_;
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
