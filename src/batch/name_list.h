#pragma once

#include <string>
#include <vector>

#include "h5/file.h"

namespace evenscore {

/// Names of columns, as a one-dimensional dataset holds them.
struct NameList {
  std::vector<std::string> names;
  bool is_text = true;  ///< false: they are integers, and `names` are their digits
};

/// Reads the dataset at `path`: text of any kind, or integers. Runs in the child process of h5::ask. Throws
/// Error: unsupported for anything else, limit_exceeded beyond 16 MiB of names.
NameList read_names(const h5::File& file, const std::string& path);

}  // namespace evenscore
