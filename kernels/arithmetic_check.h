#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "evenscore/arith/probe_function.h"

/// Whether a GPU computes P64-v1: what `doctor` asks each of them. Plain C++; a build without nvcc has these
/// functions too, and says so.
namespace evenscore::kernels {

struct GpuFacts {
  int ordinal = 0;
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  std::size_t memory_bytes = 0;
};

struct GpuMachine {
  std::string missing;      ///< where there are no GPUs: why, for people
  int driver_version = 0;   ///< the newest CUDA that the driver supports, 13000 for 13.0; 0 without one
  int runtime_version = 0;  ///< the CUDA that this program was built with; 0 without one
  std::vector<GpuFacts> gpus;
};
/// Starts CUDA, but no GPU.
GpuMachine find_gpus();

/// Whether this build has device code that a GPU can run. Starts that GPU.
bool has_code_for(int ordinal);

/// A sum of arith::Canary values: those that failed in any thread of a launch that fills the device. Throws
/// Error (device_failure).
unsigned failed_canaries_on(int ordinal);

/// `count` evaluations of `function` on a GPU; `in` and `out`, in host memory, are as arith::probe has them.
/// Throws Error (device_failure).
void evaluate_on(int ordinal, arith::ProbeFunction function, int n, std::int64_t count, const double* in,
                 std::uint64_t* out);

}  // namespace evenscore::kernels
