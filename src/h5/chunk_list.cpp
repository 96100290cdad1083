#include "h5/chunk_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/read_only_driver.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

extern "C" herr_t note_absence(unsigned, const H5E_error2_t* entry, void* absent) {
  if (entry->func_name == nullptr || entry->desc == nullptr) return 0;
  const bool is_lookup = std::strcmp(entry->func_name, "H5D__chunk_direct_read") == 0;
  *static_cast<bool*>(absent) = is_lookup && (std::strcmp(entry->desc, "chunk address isn't defined") == 0 ||
                                              std::strcmp(entry->desc, "storage is not initialized") == 0);
  return 0;
}

// Whether the failed call of this thread failed because the chunk was never written. The innermost entry
// decides: a damaged index is another one.
bool is_absent() {
  bool absent = false;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, note_absence, &absent);
  if (absent) H5Eclear2(H5E_DEFAULT);
  return absent;
}

StoredChunk find_chunk(const Handle& dataset, const std::vector<hsize_t>& start) {
  StoredChunk chunk;
  bool is_written = true;
  std::optional<RawRead> read;
  call("H5Dread_chunk", [&] {
    std::byte nothing{};
    begin_capture();
    const herr_t status = H5Dread_chunk(dataset.id(), H5P_DEFAULT, start.data(), &chunk.skipped, &nothing);
    read = end_capture();
    if (status >= 0 || !is_absent()) return status;
    is_written = false;
    return 0;
  });
  if (!is_written) return {};
  if (!read || read->bytes == 0) throw Error(ErrorCode::corrupt_file, "has a chunk of no bytes");
  chunk.offset = read->offset;
  chunk.bytes = read->bytes;
  return chunk;
}

bool leaves_edges_unfiltered(const Handle& dataset) {
  const Handle properties(call("H5Dget_create_plist", [&] { return H5Dget_create_plist(dataset.id()); }));
  unsigned options = 0;
  call("H5Pget_chunk_opts", [&] { return H5Pget_chunk_opts(properties.id(), &options); });
  return (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
}

}  // namespace

void list_chunks(const Handle& dataset, std::uint64_t allocated, StoredDataset& stored) {
  const StoredLimits limits;
  const std::vector<std::uint64_t> grid = stored.grid();
  std::uint64_t count = 1, beside = 1;
  for (const std::uint64_t n : grid) {
    if (beside > limits.chunks / std::max<std::uint64_t>(1, n)) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("has more than {} chunks", limits.chunks), {},
                  fmt::format("write it again with larger chunks than {}", shape_text(stored.chunk)));
    }
    beside *= std::max<std::uint64_t>(1, n);
    count *= n;
  }
  const bool unfiltered_edges = leaves_edges_unfiltered(dataset);
  std::vector<hsize_t> start(grid.size(), 0);
  stored.chunks.reserve(static_cast<std::size_t>(count));
  std::uint64_t found = 0;
  while (stored.chunks.size() < count) {
    StoredChunk chunk = find_chunk(dataset, start);
    bool is_edge = false;
    for (std::size_t i = 0; i < start.size(); ++i) is_edge |= stored.chunk[i] > stored.shape[i] - start[i];
    if (unfiltered_edges && is_edge && !stored.filters.empty())
      chunk.skipped = static_cast<std::uint32_t>((std::uint64_t{1} << stored.filters.size()) - 1);
    found += chunk.bytes;
    stored.chunks.push_back(chunk);
    for (std::size_t i = start.size(); i-- > 0;) {
      start[i] += stored.chunk[i];
      if (start[i] < stored.shape[i]) break;
      start[i] = 0;
    }
  }
  // A damaged key hides a chunk, which would then count as never written.
  if (found != allocated) {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("its index finds chunks of {} bytes and counts {}", found, allocated), {},
                "the file is damaged; write it again");
  }
}

}  // namespace evenscore::h5
