#include "batch/variable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "evenscore/error.h"
#include "h5/ask.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kRowsOfAChild = std::uint64_t{1} << 20;  // of which only the longest value is asked
constexpr std::uint64_t kRowsAtATime = 4096;                     // that libhdf5 has in memory
constexpr std::uint64_t kMostBytes = kRowsAtATime * (VariableText::kLongest + 1);
constexpr std::uint64_t kPieceBytes = std::uint64_t{16} << 20;  // of padded values that are kept
constexpr std::uint64_t kPieceRows = 65'536;

Error too_long() {
  return Error(
      ErrorCode::limit_exceeded,
      fmt::format("holds a text of more than {} bytes, the most that can be copied", VariableText::kLongest),
      {}, "copy another column");
}

// In the child: use(values) for rows [first, first + n), some at a time.
template <typename Use>
void over_texts(const h5::Dataset& dataset, std::uint64_t first, std::uint64_t n, Use use) {
  for (std::uint64_t done = 0; done < n; done += kRowsAtATime)
    use(dataset.read_strings(first + done, std::min(kRowsAtATime, n - done), kMostBytes));
}

}  // namespace

VariableText::VariableText(h5::InputFile input, std::string dataset, std::uint64_t end)
    : input_(std::move(input)), dataset_(std::move(dataset)), end_(end) {}

std::size_t VariableText::longest(std::uint64_t first) const {
  std::uint64_t longest = 0;
  for (; first < end_; first += kRowsOfAChild) {
    h5::ask(
        input_,
        [&](const h5::File& file, h5::AnswerWriter& out) {
          std::uint64_t found = 0;
          over_texts(h5::Dataset(file, dataset_), first, std::min(kRowsOfAChild, end_ - first),
                     [&](const std::vector<std::string>& texts) {
                       for (const std::string& text : texts)
                         found = std::max<std::uint64_t>(found, text.size());
                     });
          out.number(found);
        },
        [&](h5::AnswerReader& in) { longest = std::max(longest, in.number()); });
    if (longest > kLongest) {
      const Error error = too_long();
      throw Error(error.code(), error.cause(), h5::printable(dataset_), error.remedy())
          .in_file(input_.path());
    }
  }
  return static_cast<std::size_t>(longest);
}

void VariableText::load(std::uint64_t first, std::size_t width) {
  const std::uint64_t n =
      std::min(end_ - first, std::clamp<std::uint64_t>(kPieceBytes / width, 1, kPieceRows));
  values_.assign(static_cast<std::size_t>(n) * width, std::byte{0});
  kept_from_ = kept_until_ = first;
  h5::AskLimits limits;
  limits.answer = n * (width + sizeof(std::uint64_t)) + 64;
  h5::ask(
      input_,
      [&](const h5::File& file, h5::AnswerWriter& out) {
        over_texts(h5::Dataset(file, dataset_), first, n, [&](const std::vector<std::string>& texts) {
          for (const std::string& text : texts) out.text(text);
        });
      },
      [&](h5::AnswerReader& in) {
        for (std::uint64_t i = 0; i < n; ++i) {
          const std::string text = in.text(width);
          if (!h5::is_utf8(text)) h5::refuse_answer("a text that is not UTF-8");
          std::memcpy(values_.data() + static_cast<std::size_t>(i) * width, text.data(), text.size());
        }
      },
      limits);
  kept_until_ = first + n;
}

void VariableText::read(std::uint64_t first, std::uint64_t n, std::size_t width, std::byte* to) {
  while (n > 0) {
    if (first < kept_from_ || first >= kept_until_) load(first, width);
    const std::uint64_t count = std::min(n, kept_until_ - first);
    const std::size_t bytes = static_cast<std::size_t>(count) * width;
    std::memcpy(to, values_.data() + static_cast<std::size_t>(first - kept_from_) * width, bytes);
    to += bytes;
    first += count;
    n -= count;
  }
}

}  // namespace evenscore
