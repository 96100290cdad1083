#include "h5/answer_bytes.h"

#include <algorithm>

#include "h5/text.h"

namespace evenscore::h5 {
namespace {

constexpr std::size_t kLongestText = 4096;  // of an error
constexpr ErrorCode kLastCode = ErrorCode::arithmetic_failure;

std::string shown(std::string said) {
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7F; };
  const bool fit = is_utf8(said) && std::none_of(said.begin(), said.end(), is_control);
  return fit ? said : printable(said);
}

}  // namespace

void refuse_answer(const char* cause) {
  throw Error(ErrorCode::corrupt_file, cause);
}

std::span<const std::byte> AnswerReader::take(std::uint64_t size) {
  if (size > rest_.size()) refuse_answer("the answer is cut short");
  const std::span<const std::byte> taken = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

std::uint8_t AnswerReader::small() {
  return std::to_integer<std::uint8_t>(take(1).front());
}

bool AnswerReader::truth() {
  const std::uint8_t value = small();
  if (value > 1) refuse_answer("neither yes nor no");
  return value == 1;
}

std::uint64_t AnswerReader::number() {
  std::uint64_t value = 0;
  std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
  return value;
}

std::uint64_t AnswerReader::number(std::uint64_t most) {
  const std::uint64_t value = number();
  if (value > most) refuse_answer("a number is too large");
  return value;
}

std::string AnswerReader::text(std::uint64_t longest) {
  const std::uint64_t size = number();
  if (size > longest) refuse_answer("a text is too long");
  const std::span<const std::byte> bytes = take(size);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> AnswerReader::texts(std::uint64_t most, std::uint64_t longest) {
  const std::uint64_t count = number(std::min<std::uint64_t>(most, left() / sizeof(std::uint64_t)));
  std::vector<std::string> values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(text(longest));
  return values;
}

std::vector<std::byte> AnswerReader::data(std::uint64_t longest) {
  const std::span<const std::byte> bytes = take(number(longest));
  return {bytes.begin(), bytes.end()};
}

std::vector<std::uint64_t> AnswerReader::numbers(std::uint64_t most) {
  const std::uint64_t count = number(std::min<std::uint64_t>(most, left() / sizeof(std::uint64_t)));
  std::vector<std::uint64_t> values(static_cast<std::size_t>(count));
  const std::span<const std::byte> bytes = take(count * sizeof(std::uint64_t));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

void AnswerReader::finish() const {
  if (!rest_.empty()) refuse_answer("bytes after the answer");
}

void write_error(AnswerWriter& out, const Error& error) {
  out.small(static_cast<std::uint8_t>(error.code()));
  for (const std::string_view text : {error.cause(), error.place(), error.remedy()})
    out.text(text.substr(0, kLongestText));
}

Error read_error(AnswerReader& in) {
  const ErrorCode code = in.one_of(kLastCode);
  std::string cause = shown(in.text(kLongestText)), place = shown(in.text(kLongestText)),
              remedy = shown(in.text(kLongestText));
  return {code, std::move(cause), std::move(place), std::move(remedy)};
}

}  // namespace evenscore::h5
