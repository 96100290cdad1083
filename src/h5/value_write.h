#pragma once

#include <string>

#include "h5/handle.h"
#include "h5/tree.h"

namespace evenscore::h5 {

/// Bytes that each string of `value` takes in a file: those of the longest, at least one.
std::size_t string_bytes(const Value& value);

/// The strings of `value`, null-padded to `size` bytes each.
std::vector<std::byte> join_strings(const Value& value, std::size_t size);

/// Throws bad_request when `value` contradicts itself or HDF5 cannot hold it.
void check_value(const Value& value);

/// Adds an attribute, checked, to an object open for writing.
void write_attribute(const Handle& object, const std::string& name, const Value& value);

/// The space of a value of `shape`; empty = scalar.
Handle make_value_space(const std::vector<std::uint64_t>& shape);

/// Dataset creation properties: contiguous, allocated at once, never filled, no time stamps.
Handle contiguous_properties();

/// A scalar UTF-8 text.
Value text_value(std::string text);

/// A scalar uint64.
Value count_value(std::uint64_t count);

}  // namespace evenscore::h5
