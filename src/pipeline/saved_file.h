#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "evenscore/pipeline.h"

namespace evenscore {

/// Reads a file that pickle or joblib wrote into a checked Pipeline, except that the last step may be a
/// transformer (the caller checks the whole). Nothing in the file is imported, called or opened. Throws
/// Error: as read_stream and parse of pickle; unsupported, listing every class and callable that is not
/// supported with its place and release.
Pipeline read_saved_file(const std::string& path);

/// The same for a file in memory, which has no name.
Pipeline read_saved_bytes(std::span<const std::byte> file);

}  // namespace evenscore
