#include "evenscore/sklearn_version.h"

#include <charconv>
#include <string>

#include "evenscore/error.h"

namespace evenscore {

SklearnVersion parse_sklearn_version(std::string_view text) {
  SklearnVersion version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  const bool dotted = major.ec == std::errc() && major.ptr != end && *major.ptr == '.';
  const auto minor = dotted ? std::from_chars(major.ptr + 1, end, version.minor) : major;
  if (!dotted || minor.ec != std::errc() || version.major < 0 || version.minor < 0) {
    throw Error(ErrorCode::corrupt_file, "'" + std::string(text) + "' is no scikit-learn version",
                "_sklearn_version");
  }
  if (version < kFirstSklearn || version > kLastSklearn) {
    throw Error(ErrorCode::unsupported,
                "saved by scikit-learn " + std::string(text) +
                    ", whose rules this version of evenscore does not know",
                "_sklearn_version",
                "fit and save the model with a release from " + std::to_string(kFirstSklearn.major) + "." +
                    std::to_string(kFirstSklearn.minor) + " to " + std::to_string(kLastSklearn.major) + "." +
                    std::to_string(kLastSklearn.minor));
  }
  return version;
}

}  // namespace evenscore
