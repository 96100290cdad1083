#include "pickle/text.h"

#include <charconv>
#include <cstring>
#include <vector>

namespace evenscore::pickle {
namespace {

constexpr uint32_t kLastCodePoint = 0x10FFFF;

bool is_surrogate(uint32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}

/// Length of the sequence that `lead` starts, 0 when it starts none.
size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  if (lead < 0xF5) return 4;
  return 0;
}

/// Decodes the sequence at the start of `text` into `code_point`; its length, or 0 when it is not valid.
size_t decode(std::string_view text, uint32_t& code_point) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) return 0;
  code_point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0u) != 0x80u) return 0;
    code_point = code_point << 6 | (next & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[length] || is_surrogate(code_point) || code_point > kLastCodePoint) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    uint32_t code_point = 0;
    const size_t length = decode(text, code_point);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

bool append_utf8(std::string& out, uint32_t code_point) {
  if (is_surrogate(code_point) || code_point > kLastCodePoint) return false;
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return true;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

std::optional<std::string> utf8_to_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t code_point = 0;
    const size_t length = decode(text, code_point);
    if (length == 0 || code_point > 0xFF) return std::nullopt;
    out.push_back(static_cast<char>(code_point));
    text.remove_prefix(length);
  }
  return out;
}

std::optional<std::string> utf32_to_utf8(std::span<const std::byte> bytes) {
  if (bytes.size() % 4 != 0) return std::nullopt;
  std::string out;
  size_t kept = 0;
  for (size_t i = 0; i < bytes.size(); i += 4) {
    uint32_t code_point = 0;
    std::memcpy(&code_point, bytes.data() + i, 4);
    if (!append_utf8(out, code_point)) return std::nullopt;
    if (code_point != 0) kept = out.size();
  }
  out.resize(kept);
  return out;
}

std::optional<std::string> raw_unicode_escape_to_utf8(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != 'u' && next != 'U') {
      append_utf8(out, static_cast<unsigned char>(text[i]));
      continue;
    }
    const size_t digits = next == 'u' ? 4 : 8;
    const std::string_view hex = text.substr(i + 2, digits);
    uint32_t code_point = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code_point, 16);
    if (error != std::errc() || end != hex.data() + digits || !append_utf8(out, code_point))
      return std::nullopt;
    i += 1 + digits;
  }
  return out;
}

std::optional<std::string> python2_repr_to_bytes(std::string_view text) {
  constexpr std::string_view kEscapes = "\\'\"nrt";
  constexpr std::string_view kMeanings = "\\'\"\n\r\t";
  if (text.size() < 2 || (text.front() != '\'' && text.front() != '"') || text.back() != text.front()) {
    return std::nullopt;
  }
  const char quote = text.front();
  text = text.substr(1, text.size() - 2);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == quote) return std::nullopt;
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (const size_t simple = kEscapes.find(text[i]); simple != std::string_view::npos) {
      out.push_back(kMeanings[simple]);
      continue;
    }
    const std::string_view hex = text.substr(i).substr(1, 2);
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (text[i] != 'x' || hex.size() != 2 || error != std::errc() || end != hex.data() + 2)
      return std::nullopt;
    out.push_back(static_cast<char>(byte));
    i += 2;
  }
  return out;
}

std::string twos_complement_to_decimal(std::span<const std::byte> bytes) {
  std::vector<uint32_t> magnitude;  // base 256, least significant first
  for (const std::byte b : bytes) magnitude.push_back(std::to_integer<uint32_t>(b));
  const bool negative = !magnitude.empty() && (magnitude.back() & 0x80u) != 0;
  if (negative) {
    uint32_t carry = 1;
    for (uint32_t& digit : magnitude) {
      const uint32_t sum = (~digit & 0xFFu) + carry;
      digit = sum & 0xFFu;
      carry = sum >> 8;
    }
    if (carry != 0) magnitude.push_back(1);
  }
  std::string reversed;
  while (!magnitude.empty()) {
    uint32_t remainder = 0;
    for (size_t i = magnitude.size(); i-- > 0;) {
      const uint32_t value = remainder << 8 | magnitude[i];
      magnitude[i] = value / 10;
      remainder = value % 10;
    }
    reversed.push_back(static_cast<char>('0' + remainder));
    while (!magnitude.empty() && magnitude.back() == 0) magnitude.pop_back();
  }
  if (reversed.empty()) reversed.push_back('0');
  if (negative) reversed.push_back('-');
  return {reversed.rbegin(), reversed.rend()};
}

}  // namespace evenscore::pickle
