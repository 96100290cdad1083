#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evenscore::pickle {

/// Whether `text` is UTF-8 as Python writes it: shortest forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

bool is_ascii(std::string_view text);

/// Appends a code point; false (nothing appended) for a surrogate or a value above U+10FFFF.
bool append_utf8(std::string& out, uint32_t code_point);

std::string latin1_to_utf8(std::string_view bytes);

/// Valid UTF-8 to one byte a code point; nothing when a code point is above U+00FF.
std::optional<std::string> utf8_to_latin1(std::string_view text);

/// Little-endian UTF-32, trailing NULs cut, as NumPy stores strings. A last incomplete code point counts as
/// invalid.
std::optional<std::string> utf32_to_utf8(std::span<const std::byte> bytes);

/// Python's raw-unicode-escape: \uXXXX and \UXXXXXXXX, everything else Latin-1.
std::optional<std::string> raw_unicode_escape_to_utf8(std::string_view text);

/// A string as Python 2's repr writes it, in either quotes: the bytes between them, the escapes \\ \' \" \n
/// \r \t \xHH resolved. Nothing for anything else.
std::optional<std::string> python2_repr_to_bytes(std::string_view text);

/// Little-endian two's complement of up to 64 bytes, in decimal.
std::string twos_complement_to_decimal(std::span<const std::byte> bytes);

}  // namespace evenscore::pickle
