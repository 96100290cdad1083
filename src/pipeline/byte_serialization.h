#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace evenscore {

/// The byte serialisation that digests are taken over (docs/pipeline_format.md, "Digests"): counts and
/// lengths as little-endian u64, texts and arrays preceded by their length, tags as one byte.
class ByteSerialization {
 public:
  void tag(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void count(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) tag(static_cast<std::uint8_t>(value >> shift));
  }
  void raw(const std::vector<std::byte>& data) {
    count(data.size());
    bytes_.insert(bytes_.end(), data.begin(), data.end());
  }
  void text(std::string_view value) {
    count(value.size());
    const auto* begin = reinterpret_cast<const std::byte*>(value.data());
    bytes_.insert(bytes_.end(), begin, begin + value.size());
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace evenscore
