#pragma once

#include <cstdint>
#include <span>

namespace evenscore::measure {

/// Sum of the words modulo 2^64, by one thread and the widest loads of the machine, as fast as they come.
using ReadSum = std::uint64_t (*)(std::span<const std::uint64_t> words);
ReadSum choose_read_sum();

}  // namespace evenscore::measure
