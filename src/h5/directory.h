#pragma once

#include <string>

namespace evenscore::h5 {

/// The directory that `path` is in to the disk: names that came or went there. These throw storage_failure
/// naming `path`.
void sync_directory_of(const std::string& path);

/// Gives `from` the name `to` in the same directory, in place of what has it; durable when it returns.
void rename_durably(const std::string& from, const std::string& to);

/// Removes `path`, if it is there; durable when it returns.
void remove_durably(const std::string& path);

}  // namespace evenscore::h5
