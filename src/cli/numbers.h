#pragma once

#include <cstdint>
#include <string>

namespace evenscore::cli {

/// 1234567 -> "1,234,567".
std::string with_separators(std::int64_t value);
/// Bytes in units of 1000: "1.23 GB".
std::string bytes_text(double bytes);
/// "12.3 s", "4 min 05 s".
std::string seconds_text(double seconds);
/// Rows a second: "12.3 M rows/s".
std::string rate_text(double rows_per_second);

}  // namespace evenscore::cli
