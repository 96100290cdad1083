#pragma once

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "evenscore/xray.h"
#include "pickle/limits.h"
#include "pickle/stream.h"

namespace evenscore::pickle {

/// Globals that loading may use without running anything but known code, compared letter by letter, beside
/// the reader's own table of data constructors (globals.h). The texts must outlive the X-ray.
struct KnownGlobals {
  using Names = std::set<std::pair<std::string_view, std::string_view>>;
  Names classes;                       ///< an instance may be made without arguments, and given attributes
  Names constructors;                  ///< may be called with data and with the names of this struct
  std::set<std::string_view> modules;  ///< may be imported: what is in them may stand as a name
};

/// What a pickle stream holds and what Python would run to load it; fills everything in `Xray` but what
/// concerns the file. Reads with the machine of `parse`, which goes on where `parse` refuses, and as Python
/// does where the two would differ. Never throws Error: `Xray::stopped` says why it ended early.
Xray xray(Stream stream, const KnownGlobals& known, const Limits& limits);

}  // namespace evenscore::pickle
