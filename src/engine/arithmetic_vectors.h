#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evenscore::engine {

/// What a pass over arithmetic vectors found.
struct VectorReport {
  std::int64_t checked = 0;  ///< lines
  std::int64_t wrong = 0;    ///< lines with at least one differing bit, or that cannot be read
  std::string first_wrong;   ///< the first such line, shortened
};

/// Recomputes every line of `text` (format: the head of tests/data/arithmetic_vectors.txt) with the host's
/// arithmetic.
VectorReport check_vectors(std::string_view text);

/// The vectors this program was built with.
std::string_view built_in_vectors();

/// A 64-bit hash over the results of every function of P64-v1 at 200,000 inputs of all magnitudes: equal on
/// every compiler, machine and device.
std::uint64_t adversarial_hash();

}  // namespace evenscore::engine
