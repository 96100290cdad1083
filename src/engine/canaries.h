#pragma once

#include <string>

namespace evenscore::engine {

/// What went wrong, for people, given a sum of arith::Canary values; empty for 0.
std::string meaning_of_canaries(unsigned failed);

/// Runs the canaries of docs/arithmetic.md in the calling thread. Throws Error (arithmetic_failure) that
/// names each one that failed: the thread flushes denormals, rounds otherwise, or this program was built with
/// other flags.
void check_arithmetic_of_this_thread();

}  // namespace evenscore::engine
