#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "evenscore/element_type.h"
#include "h5/handle.h"

namespace evenscore::h5 {

enum class ValueKind : std::uint8_t {
  numeric,
  boolean,  ///< as h5py writes it: an 8-bit enumeration FALSE = 0, TRUE = 1; one byte, element u8
  string,
};

/// An element type that evenscore reads and writes, whatever its byte order in the file.
struct StoredType {
  ValueKind kind = ValueKind::numeric;
  ElementType element = ElementType::f64;  ///< of numbers
  std::size_t string_bytes = 0;            ///< bytes of a fixed-length string, 0 = variable-length

  bool is_number() const { return kind != ValueKind::string; }
  bool is_variable_string() const { return kind == ValueKind::string && string_bytes == 0; }

  /// Bytes of one element in memory (of a variable-length string: its pointer).
  std::size_t size() const;
};

/// Nothing when `type_id` is none of ours (compound, 80-bit float, reference ...).
std::optional<StoredType> stored_type(std::int64_t type_id);

/// "float32", "bool", "string of 12 bytes", "compound", "16-bit float that is not IEEE half" ...
std::string describe_type(std::int64_t type_id);

/// The type that elements of `type` have in memory and in files written here: little-endian, as every host
/// that evenscore is built for; strings are null-padded UTF-8.
Handle make_type(const StoredType& type);

}  // namespace evenscore::h5
