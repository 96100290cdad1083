#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pickle/document.h"

namespace evenscore::pickle {

/// A global in a saved file that nobody allowed.
struct UnsupportedValue {
  std::string module;
  std::string name;
  std::string path;             ///< `steps[1][1].tokenizer`, "(root)", or "(not in the object tree)"
  std::string sklearn_version;  ///< `_sklearn_version` of the nearest object around it that has one, or empty
  bool called = false;          ///< Python would have called it or made an instance, not merely kept it
};

/// Every unknown global of the document: those in the object tree in its order, with the shared ones at their
/// first place, then those that the stream names without keeping them there. At most `most` entries. Walks
/// each value once.
std::vector<UnsupportedValue> find_unsupported(const Document& document, size_t most = 100);

}  // namespace evenscore::pickle
