#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evenscore::h5 {

bool is_utf8(std::string_view bytes);

/// `name` fit for a message: control characters and bytes that are not UTF-8 as \xNN, at most 200 bytes of
/// it.
std::string printable(std::string_view name);

/// "(1000, 30)"; "()" for a scalar.
std::string shape_text(const std::vector<std::uint64_t>& shape);

}  // namespace evenscore::h5
