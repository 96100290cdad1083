#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace evenscore::h5 {

/// What tells whether an open file is still the one that was opened, and still says the same.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;        ///< bytes
  std::int64_t modified_ns = 0;  ///< nanoseconds since 1970

  bool operator==(const FileIdentity&) const = default;
};

/// Throws storage_failure.
FileIdentity identity_of(int file_descriptor);

/// Nothing when there is no such file.
std::optional<FileIdentity> identity_of(const std::string& path);

/// True when both paths exist and lead to one file.
bool is_same_file(const std::string& path, const std::string& other);

}  // namespace evenscore::h5
