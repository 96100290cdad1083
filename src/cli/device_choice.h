#pragma once

#include <string>

#include "evenscore/engine.h"

namespace evenscore::cli {

/// What --device comes to.
struct DeviceChoice {
  EngineKind engine = EngineKind::cpu;
  EngineOptions options;
  std::string why;  ///< of `auto`, for people; empty where the device was named
};

/// `device` is auto, cpu, cpu:SET, reference, cuda, cuda:N with N from 0, a list of those separated by
/// commas, or cuda:all. `auto` is the first GPU where there is one that this build has code for and the rows'
/// file is large enough to gain by it; else the CPU. GPUs that are named are not looked for here. Throws
/// Error (bad_request).
DeviceChoice choose_device(const std::string& device, const std::string& rows_path);

}  // namespace evenscore::cli
