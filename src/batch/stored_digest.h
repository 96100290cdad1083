#pragma once

#include <string>

namespace evenscore {

/// The outputs digest of a prediction file that evenscore wrote, from what its datasets hold now: equal to
/// PredictionWriter::outputs_digest() where nothing was changed. Memory does not grow with rows. Throws
/// Error: as PredictionSource, unsupported (a dataset that evenscore does not write).
std::string stored_outputs_digest(const std::string& path);

}  // namespace evenscore
