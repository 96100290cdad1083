// A whole file of any container, to its pickle stream.
#include <algorithm>

#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "pickle/decompress.h"
#include "pickle/stream.h"

namespace evenscore::fuzz {

void container(std::span<const std::byte> bytes) {
  pickle::Limits limits;
  limits.stream_bytes = 4 << 20;
  limits.expansion_floor = 1 << 20;
  try {
    const std::vector<std::byte> stream = pickle::open_stream(bytes, limits).bytes;
    expect(stream.size() <= limits.stream_bytes);
    expect(stream.size() <= limits.expansion_floor ||
           stream.size() / (limits.expansion_ratio + 1) <= bytes.size());
  } catch (const Error&) {
    const auto container = pickle::detect(bytes.first(std::min<size_t>(bytes.size(), 64)));
    expect(pickle::decompressed_beginning(container, bytes, 1 << 20).size() <= 1 << 20);
  }
}

}  // namespace evenscore::fuzz
