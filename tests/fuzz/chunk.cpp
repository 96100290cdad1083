// A stored chunk with its filters and sizes, decoded: exactly as many bytes as it has, or an Error.
#include "codec/chunk_decoder.h"
#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "support/chunk_sample.h"

namespace evenscore::fuzz {

void chunk(std::span<const std::byte> bytes) {
  constexpr std::size_t kMostBytes = 1 << 20;
  const auto sample = test::read_chunk_sample(bytes);
  if (!sample || sample->chunk_bytes > kMostBytes) return;
  static codec::Workspace workspace;
  try {
    const codec::ChunkDecoder decoder(sample->filters, sample->chunk_bytes, sample->element_bytes);
    expect(decoder.most_stored_bytes() >= sample->chunk_bytes);
    // As large as they are and no larger, so that a sanitizer sees what goes outside.
    std::vector<std::byte> decoded(sample->chunk_bytes);
    decoder.decode(sample->stored, sample->skipped, decoded, workspace);
  } catch (const Error&) {
  }
  constexpr std::size_t kMostKept = 16 * kMostBytes;
  for (const auto* buffer :
       {&workspace.between[0], &workspace.between[1], &workspace.block, &workspace.planes})
    expect(buffer->size() <= kMostKept);
}

}  // namespace evenscore::fuzz
