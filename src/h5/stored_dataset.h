#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codec/chunk_decoder.h"
#include "h5/answer_bytes.h"
#include "h5/type.h"

namespace evenscore::h5 {

/// How text fills up its bytes.
enum class Padding : std::uint8_t { nul_terminated, nul_padded, space_padded };

/// One value, or a short array of values, inside each element of a dataset. An element that is no compound is
/// one field without a name.
struct StoredField {
  std::string name;                ///< "a.b" for b in the compound a
  std::uint64_t offset = 0;        ///< bytes from the start of the element
  std::uint64_t count = 1;         ///< of an array
  std::optional<StoredType> type;  ///< nothing when it is none that evenscore reads
  bool big_endian = false;
  Padding padding = Padding::nul_padded;  ///< of text of fixed length
  std::string type_name;                  ///< for messages

  /// The text that these bytes of a value are. Throws corrupt_file where it is not UTF-8.
  std::string text(const std::byte* bytes) const;
};

/// Where one chunk lies.
struct StoredChunk {
  std::uint64_t offset = 0;   ///< from the start of the file
  std::uint64_t bytes = 0;    ///< stored; 0 = it was never written and holds the fill value
  std::uint32_t skipped = 0;  ///< bit i = filter i was not applied
};

enum class Layout : std::uint8_t { contiguous, chunked, compact };

/// How a dataset of one file is stored: enough to read its elements without libhdf5.
struct StoredDataset {
  std::string path;
  std::vector<std::uint64_t> shape;
  std::string type_name;
  bool is_compound = false;
  std::uint64_t element_bytes = 0;  ///< in the file; of a variable-length string its reference
  std::vector<StoredField> fields;

  Layout layout = Layout::contiguous;
  std::optional<std::uint64_t> offset;  ///< contiguous: from the start of the file; nothing = never written
  std::vector<std::byte> compact;       ///< compact: all elements
  std::vector<std::uint64_t> chunk;     ///< chunked: shape of a chunk
  std::vector<codec::Filter> filters;   ///< in the order in which they were applied
  std::vector<StoredChunk> chunks;      ///< chunked: row-major over the grid of chunks
  std::vector<std::byte> fill;          ///< an element that was never written; empty = zeros

  std::map<std::string, std::vector<std::string>> texts;  ///< attributes that are text; others have none
  std::vector<std::string> row_names, column_names;       ///< of dimension scales 0 and 1; empty = none

  /// The field of an element that is no compound.
  const StoredField& only() const { return fields.front(); }
  bool is_number() const { return !is_compound && only().type && only().type->is_number(); }
  std::uint64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  /// Elements of the whole dataset and bytes of a decoded chunk; these fit in 63 bits.
  std::uint64_t elements() const;
  std::uint64_t chunk_bytes() const;
  /// Throws what codec::ChunkDecoder throws, naming the dataset.
  codec::ChunkDecoder decoder() const;
  /// Chunks along each dimension.
  std::vector<std::uint64_t> grid() const;
};

/// What no dataset may exceed.
struct StoredLimits {
  std::uint64_t chunk_bytes = std::uint64_t{256} << 20;
  std::uint64_t chunks = std::uint64_t{1} << 22;  ///< of a dataset
  std::uint64_t fields = 65'536;
  std::uint64_t names = 1'000'000;
  std::uint64_t name_bytes = std::uint64_t{16} << 20;  ///< all names of a dataset together
};

void write_stored(AnswerWriter& out, const StoredDataset& dataset);

/// Reads what write_stored wrote, and holds it to be foreign: shapes, offsets, chunks and filters are checked
/// against each other and against a file of `file_bytes` bytes. Throws Error corrupt_file, and unsupported
/// for a filter that codec::ChunkDecoder does not know.
StoredDataset read_stored(AnswerReader& in, std::uint64_t file_bytes, const StoredLimits& limits = {});

}  // namespace evenscore::h5
