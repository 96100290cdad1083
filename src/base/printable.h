#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace evenscore {

/// Bytes of the UTF-8 character at the start of `text` where a terminal shows it as nothing, moves by it, or
/// turns the direction of what follows (C1 controls, U+200B to 200F, 2028 to 202E, 2060 to 206F, FEFF); else
/// 0.
std::size_t hidden_character(std::string_view text);

/// The text with control characters but those in `kept` written as \x1b: names come from files, and a
/// terminal is not to obey them.
std::string printable(std::string_view text, std::string_view kept = {});

}  // namespace evenscore
