// One filter, undone: what deflate.cpp, shuffle.cpp and their neighbours implement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "codec/filter.h"
#include "codec/workspace.h"

namespace evenscore::codec {

struct SizeRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  bool exact() const { return least == most; }
};

struct ChunkShape {
  std::size_t chunk_bytes = 0;    ///< decoded
  std::size_t element_bytes = 0;  ///< that chunk_bytes is a multiple of
};

/// Undoes one filter. Immutable: safe from several threads with a Workspace each.
class Undo {
 public:
  virtual ~Undo() = default;

  /// How many bytes the filter makes of so many.
  virtual SizeRange filtered(SizeRange bytes) const = 0;

  /// Writes what the filter was given to the beginning of `out` and returns how much that is. Never reads
  /// outside of `stored`, never writes outside of `out`. Throws Error: corrupt_file.
  virtual std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out,
                           Workspace& workspace) const = 0;
};

// Each throws Error: unsupported, or corrupt_file for client data that contradict `shape`.
std::unique_ptr<Undo> make_deflate();
std::unique_ptr<Undo> make_shuffle(const Filter& filter);
std::unique_ptr<Undo> make_fletcher32();
std::unique_ptr<Undo> make_szip(const Filter& filter);
std::unique_ptr<Undo> make_nbit(const Filter& filter, const ChunkShape& shape);
std::unique_ptr<Undo> make_scale_offset(const Filter& filter, const ChunkShape& shape);
std::unique_ptr<Undo> make_lzf(const Filter& filter, const ChunkShape& shape);
std::unique_ptr<Undo> make_blosc(const Filter& filter, const ChunkShape& shape);
std::unique_ptr<Undo> make_lz4(const Filter& filter);
std::unique_ptr<Undo> make_bitshuffle(const Filter& filter, const ChunkShape& shape);
std::unique_ptr<Undo> make_zstd();
/// For filters that change nothing with the parameters that they have.
std::unique_ptr<Undo> make_unchanged();

/// Any of them, by the filter's number.
std::unique_ptr<Undo> make_undo(const Filter& filter, const ChunkShape& shape);

/// Throws corrupt_file: the chunk's `name` data are damaged, and how.
[[noreturn]] void fail_damaged(std::string_view name, std::string_view how);
/// Throws corrupt_file: the client data of `filter` are wrong, and how.
[[noreturn]] void fail_client_data(const Filter& filter, std::string_view how);
/// Throws unsupported: `what` is a filter that is not undone.
[[noreturn]] void fail_unsupported(std::string_view what);

/// Throws corrupt_file unless `made` bytes fit into `out`.
void require_room(std::string_view name, std::uint64_t made, std::span<const std::byte> out);

}  // namespace evenscore::codec
