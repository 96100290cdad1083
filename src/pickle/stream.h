#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "pickle/limits.h"

namespace evenscore::pickle {

/// The bytes of a regular file, as they are. Throws Error without a file name: file_missing (none there, or a
/// directory), bad_request (not a regular file, or no permission), limit_exceeded, storage_failure.
std::vector<std::byte> read_file(const std::string& path, const Limits& limits);

/// The pickle stream of a whole file: the file itself, or what its zlib stream holds. Opens nothing but
/// `path`. Throws Error naming `path`: file_missing (none there, or a directory), bad_request (not a regular
/// file, or no permission), storage_failure (reading failed), and what open_stream throws.
std::vector<std::byte> read_stream(const std::string& path, const Limits& limits);

/// The same for a file in memory. Throws Error: not_a_model or unsupported (another container, named),
/// corrupt_file (a damaged or truncated zlib stream, bytes after it), limit_exceeded (too large, or expanding
/// too much).
std::vector<std::byte> open_stream(std::span<const std::byte> file, const Limits& limits);

}  // namespace evenscore::pickle
