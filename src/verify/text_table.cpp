#include "verify/text_table.h"

#include <algorithm>

namespace evenscore::verifier {
namespace {

/// Code points: names of classes are UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string TextTable::text() const {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& line : lines_) {
    widths.resize(std::max(widths.size(), line.size()), 0);
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], width_of(line[c]));
  }
  std::string text;
  for (const std::vector<std::string>& line : lines_) {
    std::string written;
    for (std::size_t c = 0; c < line.size(); ++c) {
      const std::string padding(widths[c] - width_of(line[c]), ' ');
      written += "  ";
      written += c < left_ ? line[c] + padding : padding + line[c];
    }
    written.erase(written.find_last_not_of(' ') + 1);
    text += written;
    text += '\n';
  }
  return text;
}

}  // namespace evenscore::verifier
