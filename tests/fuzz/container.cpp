// A whole file of any container, to its pickle stream.
#include "evenscore/error.h"
#include "fuzz/targets.h"
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
  }
}

}  // namespace evenscore::fuzz
