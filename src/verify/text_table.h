#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenscore::verifier {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t count);
std::string grouped(std::uint64_t count);

/// Lines of cells, aligned in columns two spaces apart: the first `left` columns to the left, the others to
/// the right.
class TextTable {
 public:
  explicit TextTable(std::size_t left = 1) : left_(left) {}

  void add(std::vector<std::string> cells) { lines_.push_back(std::move(cells)); }

  /// Every line indented by two spaces and ended by a newline, without trailing blanks.
  std::string text() const;

 private:
  std::size_t left_;
  std::vector<std::vector<std::string>> lines_;
};

}  // namespace evenscore::verifier
