#pragma once

#include <cstdint>
#include <span>

namespace evenscore::measure {

/// Copies `from` to the start of `to`, which starts at a multiple of 16 bytes, by one thread and past the
/// caches where the machine can.
void stream_copy(std::span<const std::uint64_t> from, std::span<std::uint64_t> to);

}  // namespace evenscore::measure
