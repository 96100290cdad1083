#include "batch/npy_header.h"

#include <charconv>
#include <set>

#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::size_t kMostDimensions = 32;  // numpy's own limit until 2.0

/// A cursor over the text of a Python dictionary of literals.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  NpyHeader parse() {
    NpyHeader header;
    std::set<std::string> seen;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      if (!seen.insert(key).second) fail();
      expect(':');
      if (key == "descr") {
        header.descr = accept('[') ? structure() : quoted();
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
      } else if (key == "shape") {
        header.shape = tuple();
      } else {
        fail();
      }
      if (!accept(',') && peek() != '}') fail();
    }
    skip_space();
    if (!rest_.empty() || seen.size() != 3) fail();
    return header;
  }

 private:
  [[noreturn]] static void fail() {
    throw Error(ErrorCode::corrupt_file, "has a damaged header", {}, "write it again with numpy.save");
  }

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }
  char peek() {
    skip_space();
    if (rest_.empty()) fail();
    return rest_.front();
  }
  bool accept(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }

  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail();
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) fail();
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  /// What follows the opening bracket of a structure is not needed to refuse it.
  std::string structure() {
    int depth = 1;
    while (depth > 0) {
      const char c = peek();
      if (c == '[') ++depth;
      if (c == ']') --depth;
      rest_.remove_prefix(1);
    }
    return "[";
  }

  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return word == "True";
    }
    fail();
  }

  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> extents;
    expect('(');
    while (!accept(')')) {
      peek();
      std::uint64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc() || extents.size() == kMostDimensions) fail();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (!rest_.empty() && rest_.front() == 'L') rest_.remove_prefix(1);  // Python 2
      extents.push_back(extent);
      if (!accept(',') && peek() != ')') fail();
    }
    return extents;
  }

  std::string_view rest_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text) {
  return HeaderParser(text).parse();
}

}  // namespace evenscore
