#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "h5/type.h"

namespace evenscore::h5 {

/// A dataset's or attribute's value, whole in memory.
struct Value {
  ValueKind kind = ValueKind::numeric;
  ElementType element = ElementType::f64;  ///< of numbers; u8 for booleans
  std::vector<std::uint64_t> shape;        ///< empty = scalar
  std::vector<std::byte> data;             ///< numbers and booleans: native, dense, row-major
  std::vector<std::string> strings;        ///< strings: UTF-8, row-major

  bool operator==(const Value&) const = default;
};

/// A group (children, no value) or a dataset (a value, no children).
struct Node {
  bool is_dataset = false;
  Value value;
  std::map<std::string, Value> attributes;
  std::map<std::string, Node> children;

  bool operator==(const Node&) const = default;
};

/// What a tree file may ask for. Beyond a limit reading stops with limit_exceeded, before memory is taken.
struct TreeLimits {
  std::uint64_t objects = 10'000;                ///< groups, datasets and attributes
  std::uint64_t depth = 32;                      ///< groups inside groups
  std::uint64_t bytes = std::uint64_t{1} << 30;  ///< of all values in memory
  std::uint64_t name_length = 1024;              ///< bytes
};

/// Reads the whole file at `path`. It must be a tree: hard links only, every object linked once. Values are
/// numbers, h5py booleans and fixed-length UTF-8 strings, contiguous, compact, or chunked with gzip, shuffle
/// and Fletcher32. Throws Error naming file and object: as File's constructor; unsupported (another type,
/// layout, filter or link), corrupt_file (self-contradicting: cycles, sizes that the file does not hold,
/// damaged chunks), limit_exceeded. libhdf5 parses in a child process, which what it reads may crash or take
/// over: that too is corrupt_file. storage_failure where no process can be had.
Node read_tree(const std::string& path, const TreeLimits& limits = {});

/// Writes `root`, a group, to `path`: by way of `path.part`, complete or not at all. Equal trees give equal
/// bytes. Every dataset is contiguous, strings are null-padded UTF-8 as long as the longest of them. Throws
/// what PartFile throws; bad_request for what HDF5 cannot hold: a text that ends in a NUL or is not UTF-8, an
/// attribute above 64,000 bytes, an empty name or one with a slash or NUL, a shape that contradicts its data.
void write_tree(const std::string& path, const Node& root, bool overwrite = false);

}  // namespace evenscore::h5
