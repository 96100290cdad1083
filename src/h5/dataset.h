#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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
/// chunk of more than 256 MiB. Throws unsupported, limit_exceeded.
Storage checked_storage(const Handle& dataset);

/// The extent of a dataset or attribute; a scalar has none. Throws unsupported for a null dataspace.
std::vector<std::uint64_t> shape_of(const Handle& space);

/// The filters of `dataset` by their numbers, in the order in which they were applied.
std::vector<int> filters_of(const Handle& dataset);

/// A dataset that libhdf5 has open: what it is, and its names and other small texts. Errors name the file and
/// the dataset. Its elements are read by StoredRows, from what `describe` says. Safe from several threads.
class Dataset {
 public:
  /// Throws as File::locate and checked_storage do, and bad_request when the object is no dataset.
  Dataset(const File& file, const std::string& path);

  const std::string& path() const { return path_; }
  const Handle& handle() const { return handle_; }
  const std::vector<std::uint64_t>& shape() const { return shape_; }
  const Storage& storage() const { return storage_; }

  /// Nothing when the elements are none that evenscore reads; `type_name` says what they are.
  const std::optional<StoredType>& type() const { return type_; }
  const std::string& type_name() const { return type_name_; }
  bool is_compound() const { return is_compound_; }
  bool is_number() const { return type_ && type_->is_number(); }

  /// Reads `count` strings of a one-dimensional string dataset. Throws limit_exceeded beyond `most_bytes`.
  std::vector<std::string> read_strings(std::uint64_t first, std::uint64_t count,
                                        std::uint64_t most_bytes) const;

  /// The strings of an attribute, fixed or variable-length; nothing when it is absent or holds no strings.
  std::optional<std::vector<std::string>> string_attribute(const std::string& name) const;

  /// Every attribute: its strings, none where it holds no strings. Throws limit_exceeded beyond 1,024.
  std::map<std::string, std::vector<std::string>> attributes() const;

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
  bool is_compound_ = false;
};

/// Every attribute of an object, as Dataset::attributes.
std::map<std::string, std::vector<std::string>> attributes_of(const File& file, const std::string& object);

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
