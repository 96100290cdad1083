#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pickle/limits.h"

namespace evenscore::pickle {

/// The bytes of a regular file, as they are. Throws Error without a file name: file_missing (none there, or a
/// directory), bad_request (not a regular file, or no permission), limit_exceeded, storage_failure.
std::vector<std::byte> read_file(const std::string& path, const Limits& limits);

/// A pickle stream, and the size of the file that it was in, which bounds the memory that reading it may
/// take.
struct Stream {
  std::vector<std::byte> bytes;
  uint64_t file_bytes = 0;
};

/// The pickle stream of a whole file: the file itself, or what its compression holds. Opens nothing but
/// `path`. Throws Error naming `path`: file_missing (none there, or a directory), bad_request (not a regular
/// file, or no permission), storage_failure (reading failed), and what open_stream throws.
Stream read_stream(const std::string& path, const Limits& limits);

/// The same for a file in memory. Throws Error: not_a_model (no pickle, but something known or unknown, which
/// is named), corrupt_file (damaged or truncated compression, bytes after it), limit_exceeded (too large, or
/// expanding too much).
Stream open_stream(std::span<const std::byte> file, const Limits& limits);

}  // namespace evenscore::pickle
