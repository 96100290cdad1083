#pragma once

#include <string>
#include <vector>

#include "evenscore/verify.h"

namespace evenscore {

/// What to audit. The model is borrowed for the call.
struct AuditJob {
  std::string output_path;  ///< a prediction file that evenscore wrote
  const ModelFile& model;
  std::string rows_path;
  RowsOptions rows_options = {};
  EngineKind engine = EngineKind::cpu;
  EngineOptions engine_options = {};
  std::int64_t sample = 10'000;  ///< rows to compute again; at least as many as there are = all
  std::uint64_t seed = 0;
  std::function<void(std::int64_t rows_done, std::int64_t rows_total)> progress = {};  ///< of the sample
};

/// One thing that was checked.
struct AuditCheck {
  std::string name;  ///< "pipeline", "rows", "outputs", "certificate", "sample"
  bool passed = false;
  std::string detail;  ///< a sentence: what was found
};

struct AuditReport {
  std::vector<AuditCheck> checks;
  VerifyReport sample;  ///< of the rows that were computed again, mode bitwise
  std::uint64_t seed = 0;

  bool accepted() const;
};

/// Checks that the file holds what its model computes from its rows: the digests of pipeline, rows and
/// outputs against what the file and, where there is one, its certificate (the file's name and ".run.json")
/// say, and a random sample of rows, computed again, bit for bit. What differs is a failed check, not an
/// error. Throws Error: bad_request (the file was not written by evenscore), and what verify() throws.
AuditReport audit(const AuditJob& job);

/// One JSON object, schema "evenscore-audit-1".
std::string to_json(const AuditReport& report);

/// For people: the verdict in one sentence, then the checks.
std::string to_text(const AuditReport& report);

}  // namespace evenscore
