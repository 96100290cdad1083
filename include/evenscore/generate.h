#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evenscore/pipeline.h"
#include "evenscore/score_file.h"

namespace evenscore {

/// A file of made-up rows. Equal jobs give equal values on every machine, whatever the chunks.
struct GenerateJob {
  std::string output_path;
  std::int64_t rows = 0;
  std::int64_t features = 0;
  ElementType type = ElementType::f32;  ///< f32 or f64
  std::int64_t chunk_rows = 0;          ///< 0 = contiguous
  int gzip_level = 0;
  std::uint64_t seed = 0;
  bool overwrite = false;
  std::vector<std::string> feature_names;  ///< empty = none
  std::vector<double> mean, scale;         ///< one a feature; empty = 0 and 1
  std::function<void(const Progress&)> progress;
  const std::atomic<bool>* cancelled = nullptr;
};

/// Takes feature names and count from `pipeline`, means and scales from its first scaler: of a MinMaxScaler
/// the middle and a quarter of the range that it was fitted on.
void imitate(GenerateJob& job, const Pipeline& pipeline);

/// Writes `/X`: values near mean + scale * normal. Returns false when it was cancelled and nothing was
/// written. Throws Error: bad_request, output_exists, storage_failure.
bool generate(const GenerateJob& job);

}  // namespace evenscore
