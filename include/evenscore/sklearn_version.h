#pragma once

#include <compare>
#include <string_view>

namespace evenscore {

/// Major and minor of a scikit-learn release; the rules of prediction change with minor releases.
struct SklearnVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const SklearnVersion&) const = default;
};

/// The releases whose rules are known and tested, first and last.
constexpr SklearnVersion kFirstSklearn{0, 20};
constexpr SklearnVersion kLastSklearn{1, 9};

/// Parses "1.5.2", "0.24.2", "1.9.dev0". Throws Error: corrupt_file when it is no version, unsupported when
/// its rules are not known.
SklearnVersion parse_sklearn_version(std::string_view text);

}  // namespace evenscore
