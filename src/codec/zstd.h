#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "codec/workspace.h"

namespace evenscore::codec {

/// Decompresses one frame of exactly `stored` to the beginning of `out` and returns how much that is. Throws
/// corrupt_file, which calls the data `name`.
std::size_t undo_zstd_frame(std::string_view name, std::span<const std::byte> stored,
                            std::span<std::byte> out, Workspace& workspace);

}  // namespace evenscore::codec
