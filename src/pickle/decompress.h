#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pickle/container.h"
#include "pickle/limits.h"

namespace evenscore::pickle {

/// What a compressed file holds: all members of a gzip, bzip2, xz or LZ4 file, one after the other; the one
/// stream of the others. Memory stays within what `limits` lets a file of this size expand to. Throws Error:
/// corrupt_file (damaged, truncated, bytes after the end), limit_exceeded (it expands too much).
std::vector<std::byte> decompress(Container container, std::span<const std::byte> file, const Limits& limits);

/// What comes out of a compressed file, damaged or not, before the damage: at most `most` bytes. Empty for
/// any other container.
std::vector<std::byte> decompressed_beginning(Container container, std::span<const std::byte> file,
                                              uint64_t most);

}  // namespace evenscore::pickle
