#pragma once

#include <string>

#include "evenscore/error.h"

namespace evenscore::h5 {

/// storage_failure of `path`, for the system's error `reason`: "cannot DOING: no space left on device".
Error storage_error(const std::string& path, const char* doing, int reason);

}  // namespace evenscore::h5
