#pragma once

#include <cstdint>
#include <string>

namespace evenscore::measure {

/// Seconds that it takes to read all of a file, in large blocks. Throws Error (storage_failure).
double read_plain_file(const std::string& path);

/// Seconds that it takes to write `bytes` bytes to a new file and to sync it; the file is then removed.
/// Throws Error (storage_failure).
double write_plain_file(const std::string& path, std::uint64_t bytes);

}  // namespace evenscore::measure
