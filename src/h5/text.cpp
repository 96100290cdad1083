#include "h5/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"

namespace evenscore::h5 {
namespace {

constexpr std::size_t kLongestName = 200;

// Length of the UTF-8 sequence at the start of `text`, 0 when there is none (overlong, surrogate, cut short).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80U) return 1;
  if (lead >= 0xC2U && lead <= 0xDFU) return continues(1) ? 2 : 0;
  if (!continues(1) || !continues(2)) return 0;
  if (lead >= 0xE0U && lead <= 0xEFU) {
    if (lead == 0xE0U && byte(1) < 0xA0U) return 0;
    if (lead == 0xEDU && byte(1) >= 0xA0U) return 0;
    return 3;
  }
  if (lead < 0xF0U || lead > 0xF4U || !continues(3)) return 0;
  if (lead == 0xF0U && byte(1) < 0x90U) return 0;
  if (lead == 0xF4U && byte(1) >= 0x90U) return 0;
  return 4;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    if (text.size() >= kLongestName) return text + "...";
    const std::size_t length = sequence_length(name);
    const auto first = static_cast<unsigned char>(name.front());
    const bool is_control = first < 0x20 || first == 0x7F;
    const bool shown = length > 0 && !is_control && hidden_character(name) == 0;
    text += shown ? std::string(name.substr(0, length)) : fmt::format("\\x{:02x}", first);
    name.remove_prefix(shown ? length : 1);
  }
  return text;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

}  // namespace evenscore::h5
