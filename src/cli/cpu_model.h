#pragma once

#include <string>

namespace evenscore::cli {

/// The processor's name, or "unknown".
std::string cpu_model();

}  // namespace evenscore::cli
