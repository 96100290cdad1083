#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evenscore/error.h"

namespace evenscore::h5 {

/// What one process tells another on the same machine, as bytes: numbers are native, texts and data are a
/// length (u64) and their bytes.
class AnswerWriter {
 public:
  explicit AnswerWriter(std::size_t expected = 0) { bytes_.reserve(expected); }

  void number(std::uint64_t value) { append(&value, sizeof(value)); }
  void small(std::uint8_t value) { append(&value, 1); }
  void text(std::string_view value) {
    number(value.size());
    append(value.data(), value.size());
  }
  void texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const std::string& value : values) text(value);
  }
  void data(std::span<const std::byte> value) {
    number(value.size());
    append(value.data(), value.size());
  }
  void numbers(std::span<const std::uint64_t> values) {
    number(values.size());
    append(values.data(), values.size_bytes());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void append(const void* from, std::size_t size) {
    if (size == 0) return;
    bytes_.resize(bytes_.size() + size);
    std::memcpy(bytes_.data() + bytes_.size() - size, from, size);
  }

  std::vector<std::byte> bytes_;
};

/// Throws Error corrupt_file: an answer is not what may be answered.
[[noreturn]] void refuse_answer(const char* cause);

/// Reads what AnswerWriter wrote and trusts none of it: every length is checked before memory is taken for
/// it. Throws what refuse_answer throws. The bytes must outlive it.
class AnswerReader {
 public:
  explicit AnswerReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::size_t left() const { return rest_.size(); }
  std::span<const std::byte> take(std::uint64_t size);
  std::uint8_t small();
  bool truth();
  std::uint64_t number();
  /// A number of at most `most`.
  std::uint64_t number(std::uint64_t most);
  std::string text(std::uint64_t longest);
  std::vector<std::string> texts(std::uint64_t most, std::uint64_t longest);
  std::vector<std::byte> data(std::uint64_t longest);
  std::vector<std::uint64_t> numbers(std::uint64_t most);

  template <typename Enum>
  Enum one_of(Enum last) {
    const std::uint8_t value = small();
    if (value > static_cast<std::uint8_t>(last)) refuse_answer("a number beyond its enumeration");
    return static_cast<Enum>(value);
  }

  /// Throws where anything is left.
  void finish() const;

 private:
  std::span<const std::byte> rest_;
};

/// An Error as bytes, without its file; its texts are cut at 4 KiB.
void write_error(AnswerWriter& out, const Error& error);
/// The most bytes that write_error writes.
constexpr std::uint64_t kMostErrorBytes = 64 + std::uint64_t{3} * 4096;
/// Reads it; texts that are not fit for a terminal are made so.
Error read_error(AnswerReader& in);

}  // namespace evenscore::h5
