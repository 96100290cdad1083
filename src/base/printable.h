#pragma once

#include <string>
#include <string_view>

namespace evenscore {

/// The text with control characters but those in `kept` written as \x1b: names come from files, and a
/// terminal is not to obey them.
std::string printable(std::string_view text, std::string_view kept = {});

}  // namespace evenscore
