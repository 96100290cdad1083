#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/arithmetic_vectors.h"

namespace evenscore::engine {

/// One GPU, and whether it computes P64-v1.
struct GpuReport {
  int ordinal = 0;
  std::string name;
  std::string compute_capability;  ///< "9.0"
  std::int64_t memory_bytes = 0;
  int multiprocessors = 0;
  std::string unusable;  ///< why nothing could be run on it, for people; empty where it was
  bool failed = false;   ///< it should have run, and something went wrong
  std::string canaries;  ///< what went wrong, empty where nothing did
  VectorReport vectors;
  bool same_hash = false;  ///< adversarial_hash() is the host's

  bool refuted() const {
    return unusable.empty() && (!canaries.empty() || vectors.wrong > 0 || vectors.checked == 0 || !same_hash);
  }
};

struct GpuReports {
  std::string missing;       ///< where there are no GPUs: why, for people
  std::string cuda_driver;   ///< the newest CUDA that the driver supports, "13.0"; empty without a driver
  std::string cuda_runtime;  ///< the CUDA of this program; empty in a build without it
  std::vector<GpuReport> gpus;
};

/// Runs canaries, vectors and the adversarial inputs on every GPU of this machine.
GpuReports check_gpus();

}  // namespace evenscore::engine
