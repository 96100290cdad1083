#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "evenscore/model_file.h"
#include "evenscore/prediction_file.h"
#include "evenscore/rows_file.h"

namespace evenscore {

/// What happens to a row that cannot be scored.
enum class BadRows : std::uint8_t {
  stop,  ///< the job ends with Error (unscorable_row) naming the first one and its column
  mark,  ///< it is written as missing and counted
};

/// How far a job has come.
struct Progress {
  std::int64_t rows_done = 0;
  std::int64_t rows_total = 0;
  std::int64_t bytes_read = 0;
};

/// Scoring of one file into another.
struct ScoreJob {
  std::string rows_path;  ///< the first of RowsOptions::more_files
  RowsOptions rows;
  std::string output_path;
  std::vector<std::string> model_paths;  ///< never overwritten
  WantedOutputs
      wanted;  ///< none: label and proba, or label and decision, or prediction, as the model has them
  OutputType output_type = OutputType::f64;
  EngineKind engine = EngineKind::cpu;
  EngineOptions engine_options;
  Arithmetic arithmetic = Arithmetic::exact;
  std::int64_t batch_rows = 0;  ///< 0 = chosen for cache and chunks; never changes a bit
  BadRows bad_rows = BadRows::stop;
  bool overwrite = false;
  bool resume = false;              ///< go on with an unfinished run of the same job, if there is one
  double checkpoint_seconds = 5.0;  ///< between two moments at which what is written is made durable
  std::function<void(const Progress&)>
      progress;  ///< called from the calling thread after each batch; may be empty
  const std::atomic<bool>* cancelled =
      nullptr;  ///< when it turns true the job stops after the batch under way
  EngineFactory make = make_engine;
};

/// Seconds in which the parts of a job were busy. They overlap, so together they may be more than the job
/// took.
struct BusySeconds {
  double reading = 0.0;   ///< waiting for the bytes of the rows
  double decoding = 0.0;  ///< undoing the filters of chunks
  double copying = 0.0;   ///< gathering columns into rows, and key columns
  double hashing = 0.0;   ///< the rows' digest
  double scoring = 0.0;   ///< the engine, copies to and from a GPU among it
  double writing = 0.0;   ///< results and their digests, to the disk at last

  /// Their names and values, in this order.
  std::vector<std::pair<std::string, double>> parts() const;
  /// The stage that was busy longest bounds a job: "writing".
  std::string bound_by() const;
};

struct ScoreSummary {
  std::int64_t rows = 0;
  std::int64_t bad_rows = 0;
  std::int64_t bytes_read = 0;     ///< of rows, as the engine sees them
  std::int64_t bytes_written = 0;  ///< size of the output file
  double seconds = 0.0;
  std::string engine;   ///< description
  std::string outputs;  ///< "label,proba"
  std::string rows_dataset;
  bool bound_by_name = false;
  std::string pipeline_digest, rows_digest, outputs_digest;
  BusySeconds busy;
  std::string way;               ///< how rows were read (RowSource::way)
  bool cancelled = false;        ///< nothing was written under the output's name
  std::int64_t rows_before = 0;  ///< taken over from an unfinished run
  std::int64_t rows_kept = 0;    ///< after cancelling: scored, and taken over by a run that resumes
};

/// Checks the engine against the model's probe rows, then streams: reading, scoring and writing overlap, and
/// memory does not grow with rows. The output appears under its name when it is complete. Throws Error: what
/// RowSource, PredictionWriter, Engine and check_probes throw; unscorable_row; bad_request where rows that an
/// unfinished run has read are others now. Whatever ends it after the first checkpoint, `OUT.part` and
/// `OUT.journal` stay, and a run with `resume` goes on there: the output has the same bytes.
ScoreSummary score_file(const ModelFile& model, const ScoreJob& job);

}  // namespace evenscore
