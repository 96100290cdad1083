#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evenscore::codec {

/// One filter of a dataset, as its file names it.
struct Filter {
  std::uint32_t id = 0;               ///< as registered with the HDF Group
  std::vector<std::uint32_t> values;  ///< HDF5's client data (cd_values), as stored
};

/// What users call it: "gzip", "lzf", "blosc", and "number N" for one that is not known. Known is not
/// supported.
std::string filter_name(std::uint32_t id);

}  // namespace evenscore::codec
