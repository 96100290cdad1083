#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "h5/tree.h"

namespace evenscore::h5 {

/// A dataset to be laid out and filled later by plain writes.
struct ContiguousDataset {
  std::string name;
  StoredType type;                   ///< no variable-length strings
  std::vector<std::uint64_t> shape;  ///< at least one dimension

  /// Bytes of the whole dataset; throws limit_exceeded when they do not fit in 63 bits.
  std::uint64_t bytes() const;
};

/// Replaces the file at `path` by one with `datasets` in its root group, in the order given, each contiguous
/// and allocated, not filled, those of 64 KiB or more at multiples of 4096 bytes, and with `attributes` on
/// the root group. The file is closed again. Returns the byte offset of each dataset (0 for an empty one). No
/// time stamps: equal layouts give equal bytes. Throws storage_failure.
std::vector<std::uint64_t> create_contiguous_file(const std::string& path,
                                                  const std::vector<ContiguousDataset>& datasets,
                                                  const std::map<std::string, Value>& attributes);

}  // namespace evenscore::h5
