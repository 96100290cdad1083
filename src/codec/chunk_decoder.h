#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/filter.h"
#include "codec/workspace.h"

namespace evenscore::codec {

class Undo;

/// Undoes the filters of one dataset's chunks, without libhdf5 and from bytes that nobody vouches for.
class ChunkDecoder {
 public:
  /// `filters` in the order in which they were applied when the file was written; `chunk_bytes` a chunk's
  /// decoded size; `element_bytes` the size of one element, of which a chunk has a whole number. Throws
  /// Error: unsupported, which names the filter, also where it is a compressor inside blosc; corrupt_file
  /// where client data contradict the chunk.
  ChunkDecoder(const std::vector<Filter>& filters, std::size_t chunk_bytes, std::size_t element_bytes);
  ~ChunkDecoder();
  ChunkDecoder(ChunkDecoder&&) noexcept;
  ChunkDecoder& operator=(ChunkDecoder&&) noexcept;

  /// Undoes every filter but those whose bit is set in `skipped` (bit i is filter i, HDF5's filter mask), and
  /// writes chunk_bytes to `chunk`, which is that large and does not overlap `stored`. Safe from several
  /// threads with a Workspace each. Throws Error: corrupt_file where `stored` does not decode to exactly
  /// chunk_bytes, where anything is left over (behind szip's code it does not show), or where a checksum
  /// fails; what is in `chunk` is then unspecified.
  void decode(std::span<const std::byte> stored, std::uint32_t skipped, std::span<std::byte> chunk,
              Workspace& workspace) const;

  /// Whether the first filter is the shuffle of the dataset's elements, all their bytes: chunks that it was
  /// applied to can be had as planes.
  bool shuffles_elements() const { return shuffles_elements_; }
  /// decode() but for that filter, which is not among `skipped`: byte j of element i comes to chunk[j *
  /// elements
  /// + i]. Where the gathering of values is to undo it on the way.
  void decode_planes(std::span<const std::byte> stored, std::uint32_t skipped, std::span<std::byte> chunk,
                     Workspace& workspace) const;

  /// No stored chunk is larger, whatever was skipped: a larger one is refused before it is read.
  std::uint64_t most_stored_bytes() const { return most_stored_bytes_; }
  std::size_t chunk_bytes() const { return chunk_bytes_; }

 private:
  void undo(std::span<const std::byte> stored, std::uint32_t skipped, std::size_t left,
            std::span<std::byte> chunk, Workspace& workspace) const;

  std::vector<std::unique_ptr<Undo>> filters_;
  bool shuffles_elements_ = false;
  std::size_t chunk_bytes_;
  std::uint64_t most_stored_bytes_;
};

}  // namespace evenscore::codec
