#pragma once

#include "evenscore/arith/canaries.h"
#include "evenscore/arith/probe_function.h"

/// Launchers of arithmetic_probe.cu, on the calling thread's current device and its default stream. Pointers
/// are to the device's memory. What goes wrong is left for cudaGetLastError to tell.
namespace evenscore::kernels {

/// `count` evaluations: of each probe_inputs values at `in`, the bits of probe_outputs results to `out`.
struct ProbeBatch {
  const double* in;
  std::uint64_t* out;
  std::int64_t count;
  int n;  ///< classes or features
};
void launch_probe(arith::ProbeFunction function, const ProbeBatch& batch);

/// Whether this build has device code for the current device.
bool probe_code_fits_device();

/// Or-s the canaries that failed in any thread of `blocks` blocks into *failed.
void launch_canaries(const arith::CanaryInputs* inputs, unsigned* failed, int blocks);

}  // namespace evenscore::kernels
