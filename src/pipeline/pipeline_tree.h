#pragma once

#include "evenscore/model_file.h"
#include "h5/tree.h"

namespace evenscore {

/// The logical content of a pipeline file, format 1.0.0 (docs/pipeline_format.md), `file_digest` included.
h5::Node to_tree(const ModelFile& model);

/// The reverse. Throws Error: not_a_model (no pipeline file), unsupported (a greater major version),
/// corrupt_file (a digest differs, or something is missing).
ModelFile from_tree(const h5::Node& root);

}  // namespace evenscore
