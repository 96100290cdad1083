#pragma once

#include <string>

namespace evenscore::cli {

/// Prints `message` on stderr, and an object with schema "evenscore-error-1" on stdout when `json`. Returns
/// `status`.
int report_error(const std::string& message, int status, bool json);

}  // namespace evenscore::cli
