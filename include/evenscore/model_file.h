#pragma once

#include <map>
#include <string>
#include <vector>

#include "evenscore/array.h"
#include "evenscore/pipeline.h"
#include "evenscore/probe.h"

namespace evenscore {

/// A pipeline and what was stored beside it.
struct ModelFile {
  Pipeline pipeline;
  /// Empty when the model came from a saved scikit-learn file.
  std::vector<ProbeSet> probes;
  /// Rows ("rows") and what scikit-learn predicted for them when the model was saved ("label", "decision",
  /// "proba", "log_proba"), each optional; from `import --expect`.
  std::map<std::string, Array> expected;
};

/// Opens a pipeline file or a saved scikit-learn file, whichever it is by content. Nothing in it is run. Each
/// file of `then` is appended: its steps follow those of the files before it. Throws Error naming file and
/// place.
ModelFile load_model(const std::string& path, const std::vector<std::string>& then = {});

/// Writes a pipeline file, format 1.0.0 (docs/pipeline_format.md): complete under its name or not at all.
void save_model(const std::string& path, const ModelFile& model, bool overwrite = false);

}  // namespace evenscore
