#include "base/grouped_digits.h"

namespace evenscore {

std::string grouped(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t end = digits.size(); end > 3; end -= 3) {
    digits.insert(digits.begin() + static_cast<std::ptrdiff_t>(end) - 3, ',');
  }
  return digits;
}

std::string grouped(std::int64_t count) {
  if (count >= 0) return grouped(static_cast<std::uint64_t>(count));
  std::string text = grouped(std::uint64_t{0} - static_cast<std::uint64_t>(count));
  text.insert(text.begin(), '-');
  return text;
}

}  // namespace evenscore
