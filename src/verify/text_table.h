#pragma once

#include <string>
#include <vector>

namespace evenscore::verifier {

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
