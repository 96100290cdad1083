#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "h5/file.h"
#include "h5/type.h"

namespace evenscore::h5 {

/// How a dataset lies in its file.
struct Storage {
  std::vector<std::uint64_t> chunk;  ///< shape of a chunk; empty = not chunked
  bool is_filtered = false;          ///< compressed, shuffled or checksummed
  std::uint64_t stored_bytes = 0;    ///< bytes allocated in the file
};

/// Refuses what an input may not have: a virtual layout or external raw files (naming the other file), a
/// filter that this libhdf5 has not built in (naming it), a chunk of more than 256 MiB. Throws unsupported,
/// limit_exceeded.
Storage checked_storage(const Handle& dataset);

/// The extent of a dataset or attribute; a scalar has none. Throws unsupported for a null dataspace.
std::vector<std::uint64_t> shape_of(const Handle& space);

/// The filters of `dataset` by their numbers, in the order in which they were applied.
std::vector<int> filters_of(const Handle& dataset);

/// A dataset open for reading. Errors name the file and the dataset. Safe from several threads.
class Dataset {
 public:
  /// Throws as File::locate and checked_storage do, and bad_request when the object is no dataset.
  Dataset(const File& file, const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<std::uint64_t>& shape() const { return shape_; }
  const Storage& storage() const { return storage_; }

  /// Nothing when the elements are none that evenscore reads; `type_name` says what they are.
  const std::optional<StoredType>& type() const { return type_; }
  const std::string& type_name() const { return type_name_; }
  bool is_number() const { return type_ && type_->is_number(); }

  /// Bytes of decoded chunks that libhdf5 keeps; only filtered chunks gain by more than the library's
  /// default.
  void set_chunk_cache(std::size_t bytes);

  /// Reads the block of `count` elements from `start` (one entry a dimension, inside the shape) as dense
  /// row-major native `memory` elements. `memory` is the dataset's own element type, or f64 for a
  /// floating-point dataset. A boolean that is neither 0 nor 1 is corrupt_file. Requires is_number().
  void read_block(const std::vector<std::uint64_t>& start, const std::vector<std::uint64_t>& count,
                  ElementType memory, std::byte* destination) const;

  /// Reads `count` strings of a one-dimensional string dataset. Throws limit_exceeded beyond `most_bytes`.
  std::vector<std::string> read_strings(std::uint64_t first, std::uint64_t count,
                                        std::uint64_t most_bytes) const;

  /// The strings of an attribute, fixed or variable-length; nothing when it is absent or holds no strings.
  std::optional<std::vector<std::string>> string_attribute(const std::string& name) const;

  /// The strings of the first string-valued dimension scale attached to `dimension`; nothing when there is
  /// none.
  std::optional<std::vector<std::string>> dimension_names(std::size_t dimension) const;

 private:
  Dataset(const File& file, std::string path, Handle handle);

  File file_;
  std::string path_;
  Location location_;
  Handle handle_;
  std::vector<std::uint64_t> shape_;
  Storage storage_;
  std::optional<StoredType> type_;
  std::string type_name_;
};

/// A text attribute of any object ("/" for the root group); nothing when it is absent or no single text.
std::optional<std::string> text_attribute(const File& file, const std::string& object,
                                          const std::string& name);

/// The type in which strings of the file type `type_id` are read: null-padded, the same character set.
Handle string_memory_type(std::int64_t type_id);

/// Splits null-padded strings of `size` bytes each. Throws corrupt_file for text that is not UTF-8.
std::vector<std::string> split_strings(const std::vector<std::byte>& bytes, std::size_t size);

/// `a * b`, or nothing when it does not fit.
std::optional<std::uint64_t> checked_product(std::uint64_t a, std::uint64_t b);

}  // namespace evenscore::h5
