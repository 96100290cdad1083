#pragma once

#include <cstdint>
#include <string>

namespace evenscore {

/// A count for people: "1,234,567", "-1,000".
std::string grouped(std::uint64_t count);
std::string grouped(std::int64_t count);

}  // namespace evenscore
