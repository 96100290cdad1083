#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evenscore {

/// The dictionary at the head of an .npy file (numpy.lib.format, "Format Version 1.0").
struct NpyHeader {
  std::string descr;  ///< "<f8"; "[" where it is a structure
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};

/// Reads "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", keys in any order, each once. Throws
/// Error (corrupt_file) for anything else.
NpyHeader parse_npy_header(std::string_view text);

}  // namespace evenscore
