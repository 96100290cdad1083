#include "h5/library_version.h"

#include <fmt/format.h>
#include <hdf5.h>

#include "h5/call.h"

namespace evenscore::h5 {

std::string library_version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  call("H5get_libversion", [&] { return H5get_libversion(&major, &minor, &release); });
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace evenscore::h5
