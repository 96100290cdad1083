#pragma once

#include <string>
#include <vector>

#include "evenscore/score_file.h"
#include "h5/part_file.h"

namespace evenscore::cli {

/// What was computed, by what, from what: OUTPUT.run.json, which appears after the output is complete.
class Certificate {
 public:
  /// Throws Error: as PartFile, for the certificate's own path.
  Certificate(const std::string& output_path, bool overwrite, const std::vector<std::string>& inputs);

  /// Throws Error (storage_failure).
  void write(const ScoreJob& job, const ScoreSummary& summary);

 private:
  h5::PartFile file_;
};

}  // namespace evenscore::cli
