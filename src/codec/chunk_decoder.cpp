#include "codec/chunk_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "codec/undo.h"
#include "evenscore/error.h"

namespace evenscore::codec {
namespace {

constexpr std::uint32_t kShuffle = 2;     // its number
constexpr std::size_t kMostFilters = 32;  // H5Z_MAX_NFILTERS, and the bits of a filter mask
constexpr std::uint64_t kMostGrowth = 8;  // of a chunk by its filters
constexpr std::uint64_t kMostOverhead = 64 << 10;

[[noreturn]] void fail_size(std::uint64_t made, SizeRange wanted) {
  throw Error(ErrorCode::corrupt_file,
              fmt::format("a chunk decodes to {} bytes where {} belong", made, wanted.most), {},
              "copy the file again");
}

}  // namespace

ChunkDecoder::ChunkDecoder(const std::vector<Filter>& filters, std::size_t chunk_bytes,
                           std::size_t element_bytes)
    : chunk_bytes_(chunk_bytes), most_stored_bytes_(chunk_bytes) {
  if (filters.size() > kMostFilters) {
    throw Error(ErrorCode::corrupt_file, fmt::format("the dataset has {} filters", filters.size()), {},
                fmt::format("HDF5 allows {}: copy the file again", kMostFilters));
  }
  if (element_bytes == 0 || chunk_bytes % element_bytes != 0) {
    throw Error(
        ErrorCode::corrupt_file,
        fmt::format("chunks of {} bytes hold no whole number of elements of {}", chunk_bytes, element_bytes),
        {}, "copy the file again");
  }
  shuffles_elements_ = !filters.empty() && filters[0].id == kShuffle && filters[0].values.size() == 1 &&
                       filters[0].values[0] == element_bytes;
  const std::uint64_t most = chunk_bytes * kMostGrowth + kMostOverhead;
  for (const Filter& filter : filters) {
    filters_.push_back(make_undo(filter, {chunk_bytes, element_bytes}));
    most_stored_bytes_ =
        std::max(most_stored_bytes_, filters_.back()->filtered({0, most_stored_bytes_}).most);
    if (most_stored_bytes_ > most) fail_client_data(filter, "it makes chunks larger by much");
  }
}

ChunkDecoder::~ChunkDecoder() = default;
ChunkDecoder::ChunkDecoder(ChunkDecoder&&) noexcept = default;
ChunkDecoder& ChunkDecoder::operator=(ChunkDecoder&&) noexcept = default;

void ChunkDecoder::decode(std::span<const std::byte> stored, std::uint32_t skipped,
                          std::span<std::byte> chunk, Workspace& workspace) const {
  undo(stored, skipped, 0, chunk, workspace);
}

void ChunkDecoder::decode_planes(std::span<const std::byte> stored, std::uint32_t skipped,
                                 std::span<std::byte> chunk, Workspace& workspace) const {
  if (!shuffles_elements_ || (skipped & 1) != 0)
    throw Error(ErrorCode::bad_request, "a chunk that was not shuffled has no planes");
  undo(stored, skipped, 1, chunk, workspace);
}

// All filters but the first `left` of those that were not skipped, which leave a chunk's size as it is.
void ChunkDecoder::undo(std::span<const std::byte> stored, std::uint32_t skipped, std::size_t left,
                        std::span<std::byte> chunk, Workspace& workspace) const {
  if (chunk.size() != chunk_bytes_) {
    throw Error(ErrorCode::bad_request, "the buffer for a chunk has another size than the chunk");
  }
  // What each filter was given, and what it made of it, which the next one was given.
  struct Step {
    const Undo* filter;
    SizeRange given;
  };
  std::array<Step, kMostFilters> steps;
  std::size_t count = 0;
  SizeRange size{chunk_bytes_, chunk_bytes_};
  for (std::size_t i = 0; i < filters_.size(); ++i) {
    if ((skipped >> i & 1) != 0) continue;
    steps[count++] = {filters_[i].get(), size};
    size = filters_[i]->filtered(size);
  }
  if (stored.size() < size.least || stored.size() > size.most) {
    throw Error(ErrorCode::corrupt_file,
                size.exact()
                    ? fmt::format("a chunk of {} bytes is stored in {}", size.most, stored.size())
                    : fmt::format("a chunk of {} bytes is stored in {}, and its filters make at most {}",
                                  chunk_bytes_, stored.size(), size.most),
                {}, "copy the file again");
  }
  if (count == left && chunk_bytes_ != 0) std::memcpy(chunk.data(), stored.data(), chunk_bytes_);
  while (count-- > left) {
    const Step& step = steps[count];
    std::span<std::byte> out = chunk;
    if (count != left) {
      const auto room = static_cast<std::size_t>(step.given.most);
      out = {at_least(workspace.between[count % 2], room), room};
    }
    const std::size_t made = step.filter->undo(stored, out, workspace);
    if (made < step.given.least || made > step.given.most) fail_size(made, step.given);
    stored = out.first(made);
  }
}

}  // namespace evenscore::codec
