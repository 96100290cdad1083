#include "pickle/decompress.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "evenscore/error.h"
#include "pickle/decoder.h"

namespace evenscore::pickle {
namespace {

/// Most bytes that a file of `file_bytes` may expand to.
uint64_t allowance(uint64_t file_bytes, const Limits& limits) {
  uint64_t by_ratio = 0;
  if (__builtin_mul_overflow(file_bytes, limits.expansion_ratio, &by_ratio)) by_ratio = limits.stream_bytes;
  return std::min(limits.stream_bytes, std::max(limits.expansion_floor, by_ratio));
}

/// Decompressed bytes up to an allowance.
class Output {
 public:
  explicit Output(uint64_t most) : most_(most) {}

  /// Room for more, never empty: one byte above the allowance shows that the stream goes on beyond it.
  std::span<std::byte> room() {
    if (made_ == bytes_.size()) grow();
    return std::span(bytes_).subspan(made_);
  }
  void made(size_t count) { made_ += count; }
  bool too_large() const { return made_ > most_; }
  uint64_t most() const { return most_; }
  uint64_t size() const { return made_; }
  std::vector<std::byte> release() {
    bytes_.resize(made_);
    return std::move(bytes_);
  }

 private:
  void grow() {
    constexpr uint64_t kFirst = 64 << 10;
    constexpr uint64_t kCopied = 4 << 20;
    constexpr uint64_t kStep = 1 << 20;
    // A large stream gets all of its allowance as address space, which costs nothing until it is written: old
    // and new place of a growing vector together would take more memory than the allowance.
    const uint64_t size = bytes_.size();
    if (size >= kCopied) bytes_.reserve(static_cast<size_t>(most_ + 1));
    const uint64_t grown = size < kCopied ? std::max(kFirst, size * 2) : size + kStep;
    bytes_.resize(static_cast<size_t>(std::min(grown, most_ + 1)));
  }

  uint64_t most_;
  size_t made_ = 0;
  std::vector<std::byte> bytes_;
};

std::string at_byte(size_t offset) {
  return fmt::format("byte {}", offset);
}

void check_size(const Output& output, uint64_t file_bytes, const Limits& limits) {
  if (!output.too_large()) return;
  if (output.most() == limits.stream_bytes) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("the file decompresses to more than {} bytes", output.most()), {},
                "save a smaller model");
  }
  throw Error(ErrorCode::limit_exceeded,
              fmt::format("its {} bytes decompress to more than {}", file_bytes, output.most()), {},
              "if you trust the file, decompress it yourself and give what comes out");
}

Decoder::Step step(Decoder& decoder, std::span<const std::byte> in, std::span<std::byte> out, size_t offset) {
  try {
    return decoder.step(in, out);
  } catch (const Error& error) {
    throw Error(error.code(), error.cause(), at_byte(offset), error.remedy());
  }
}

bool has_members(Container container) {
  return container == Container::gzip || container == Container::bzip2 || container == Container::xz ||
         container == Container::lz4;
}

struct ZfileHeader {
  size_t bytes = 0;   ///< before the zlib stream
  uint64_t made = 0;  ///< that the zlib stream expands to
};

/// "ZF" and the length in hexadecimal, padded to 19 characters; Python 2 had a twentieth.
ZfileHeader read_zfile_header(std::span<const std::byte> file) {
  constexpr size_t kLength = 2;
  constexpr size_t kLengthBytes = 19;
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  ZfileHeader header;
  header.bytes = kLength + kLengthBytes;
  std::string_view digits = text.substr(std::min(kLength, text.size()), kLengthBytes);
  if (text.substr(std::min(header.bytes, text.size()), 1) == " ") ++header.bytes;
  digits = digits.substr(0, digits.find_last_not_of(' ') + 1);
  const bool prefixed = digits.starts_with("0x");
  if (prefixed) digits.remove_prefix(2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), header.made, 16);
  if (!prefixed || error != std::errc() || end != digits.data() + digits.size() ||
      text.size() < header.bytes) {
    throw Error(ErrorCode::corrupt_file, "its header has no length", at_byte(kLength), "copy the file again");
  }
  return header;
}

bool is_compressed(Container container) {
  return has_members(container) || container == Container::zlib || container == Container::lzma ||
         container == Container::zfile;
}

void decompress_into(Output& output, Container container, std::span<const std::byte> file,
                     const Limits& limits) {
  std::optional<ZfileHeader> zfile;
  if (container == Container::zfile) zfile = read_zfile_header(file);
  size_t taken = zfile ? zfile->bytes : 0;
  do {
    const std::unique_ptr<Decoder> decoder = make_decoder(container);
    Decoder::Step last;
    while (!last.ended) {
      last = step(*decoder, file.subspan(taken), output.room(), taken);
      taken += last.taken;
      output.made(last.made);
      check_size(output, file.size(), limits);
      if (!last.ended && last.taken == 0 && last.made == 0) {
        throw Error(ErrorCode::corrupt_file, "the compressed data ends too early", at_byte(taken),
                    "copy the file again; it is truncated");
      }
    }
  } while (has_members(container) && detect(file.subspan(taken)) == container);
  if (taken != file.size()) {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("{} bytes follow the compressed data", file.size() - taken), at_byte(taken),
                "nothing that saves models writes there: get the file from its source again");
  }
  if (zfile && zfile->made != output.size()) {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("{} bytes are announced and {} are there", zfile->made, output.size()),
                at_byte(2), "copy the file again");
  }
}

}  // namespace

std::vector<std::byte> decompress(Container container, std::span<const std::byte> file,
                                  const Limits& limits) {
  Output output(allowance(file.size(), limits));
  decompress_into(output, container, file, limits);
  return output.release();
}

std::vector<std::byte> decompressed_beginning(Container container, std::span<const std::byte> file,
                                              uint64_t most) {
  if (!is_compressed(container)) return {};
  Limits limits;
  limits.stream_bytes = most;
  Output output(most);
  try {
    decompress_into(output, container, file, limits);
  } catch (const Error&) {
    // The damage: what came before it is the answer.
  }
  std::vector<std::byte> made = output.release();
  if (made.size() > most) made.resize(static_cast<size_t>(most));
  return made;
}

}  // namespace evenscore::pickle
