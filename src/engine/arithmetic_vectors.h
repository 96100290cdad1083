#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "evenscore/arith/probe_function.h"

namespace evenscore::engine {

/// Who computes: `count` evaluations of a function, their inputs one after the other at `in`, their results'
/// bits likewise at `out` (arith/probe_function.h).
using Evaluate = std::function<void(arith::ProbeFunction function, int n, std::int64_t count,
                                    const double* in, std::uint64_t* out)>;

/// The calling thread, with the host's arithmetic.
void evaluate_on_host(arith::ProbeFunction function, int n, std::int64_t count, const double* in,
                      std::uint64_t* out);

/// What a pass over arithmetic vectors found.
struct VectorReport {
  std::int64_t checked = 0;  ///< lines
  std::int64_t wrong = 0;    ///< lines with at least one differing bit, or that cannot be read
  std::string first_wrong;   ///< the first such line, shortened
};

/// Recomputes every line of `text` (format: the head of tests/data/arithmetic_vectors.txt).
VectorReport check_vectors(std::string_view text, const Evaluate& evaluate = evaluate_on_host);

/// The vectors this program was built with.
std::string_view built_in_vectors();

/// A 64-bit hash over the results of every function of P64-v1 at 200,000 inputs of all magnitudes: equal on
/// every compiler, machine and device.
std::uint64_t adversarial_hash(const Evaluate& evaluate = evaluate_on_host);

}  // namespace evenscore::engine
