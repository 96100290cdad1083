#pragma once

#include <string>

namespace evenscore::h5 {

/// The release of libhdf5 that is linked: "1.10.8".
std::string library_version();

}  // namespace evenscore::h5
