#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evenscore::pickle {

class Arena;

/// What a value of the document is.
enum class Kind : uint8_t {
  none,
  boolean,
  integer,      ///< fits int64
  big_integer,  ///< does not; kept as decimal digits
  real,
  string,  ///< UTF-8
  bytes,   ///< also bytearray
  list,
  tuple,
  dict,  ///< also OrderedDict and defaultdict
  set,   ///< also frozenset
  slice,
  name,         ///< a global as a value: a class, a function; never looked up
  object,       ///< an instance of a class the caller allows as Role::object
  array,        ///< numpy.ndarray, memmap or matrix
  dtype,        ///< numpy.dtype
  inert,        ///< accepted and never interpreted: a random state, a complex number
  unsupported,  ///< Python would have called or made something that nobody allowed
};

/// The kind in words, for messages: "a list".
const char* describe(Kind kind);

/// A value of a Document, an index into its arena. Values may be shared and may contain themselves: whoever
/// walks down a document generically must remember where they were.
using NodeId = uint32_t;

/// A numpy.dtype.
struct DType {
  /// 'b' bool, 'i', 'u', 'f', 'U', 'S', 'O'; or one that is carried without being interpreted: 'V'
  /// structured, 'c' complex, 'g' long double, 'M' and 'm' times.
  char code = 'V';
  uint32_t item_size = 0;  ///< bytes of one element; 'U': four for each code point
  bool big_endian = false;

  bool operator==(const DType&) const = default;
};

/// A numpy.ndarray. `data` is in C order and, but for the uninterpreted codes, little-endian; it lives as
/// long as the document and has no alignment, so copy elements out.
struct Array {
  char code = 'V';  ///< as in DType
  uint32_t item_size = 0;
  std::vector<uint64_t> shape;      ///< empty for a zero-dimensional array, which has one element
  uint64_t size = 0;                ///< elements
  std::span<const std::byte> data;  ///< size * item_size bytes; empty for 'O'
  std::vector<NodeId> objects;      ///< `size` values for 'O', in C order
};

/// The values of one pickle, owned together with its stream. Immutable, movable, safe to read from several
/// threads. An accessor that does not fit the value's kind throws Error(corrupt_file) naming both kinds.
class Document {
 public:
  Document(std::unique_ptr<const Arena> arena, NodeId root);
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  NodeId root() const { return root_; }
  Kind kind(NodeId id) const;

  bool boolean(NodeId id) const;
  int64_t integer(NodeId id) const;
  double real(NodeId id) const;
  /// The text of a string, or the decimal digits of a big_integer.
  std::string_view string(NodeId id) const;
  std::span<const std::byte> bytes(NodeId id) const;

  /// Elements of a list, tuple, set or slice (start, stop, step) in order; of a dict key and value in turn.
  /// Equal keys are resolved as Python does: the last value at the first position. Keys that are None, bool,
  /// int, float, str, bytes or names are compared by value, others by identity.
  std::span<const NodeId> items(NodeId id) const;
  /// The value of the string key `key` of a dict.
  std::optional<NodeId> find(NodeId dict, std::string_view key) const;

  /// The global that a name is, or whose instance an object, inert or unsupported value is. Empty for an
  /// inert value that has no global of its own.
  std::string_view module(NodeId id) const;
  std::string_view name(NodeId id) const;

  /// The attributes of an object, key and value in turn; empty when it has none.
  std::span<const NodeId> state(NodeId object) const;
  std::optional<NodeId> attribute(NodeId object, std::string_view key) const;

  const Array& array(NodeId id) const;
  const DType& dtype(NodeId id) const;
  /// Element `index` of a 'U' or 'S' array (trailing NULs cut, 'S' read as Latin-1), or of an 'O' array that
  /// holds a string there, as UTF-8. Throws Error(corrupt_file) for anything else and for an invalid code
  /// point.
  std::string element_text(NodeId array, uint64_t index) const;

  /// The nodes themselves, for the walkers of this folder.
  const Arena& arena() const { return *arena_; }

 private:
  std::unique_ptr<const Arena> arena_;
  NodeId root_;
};

}  // namespace evenscore::pickle
