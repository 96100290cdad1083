#pragma once

#include <string>

namespace evenscore::cli {

/// Bytes in units of 1000: "1.23 GB".
std::string bytes_text(double bytes);
/// "12.3 s", "4 min 05 s".
std::string seconds_text(double seconds);
/// Rows a second: "12.3 M rows/s".
std::string rate_text(double rows_per_second);

}  // namespace evenscore::cli
