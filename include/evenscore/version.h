#pragma once

namespace evenscore {

/// Of this program, as in CMakeLists.txt and CHANGELOG.md.
constexpr const char* kVersion = "0.1.0";

}  // namespace evenscore
