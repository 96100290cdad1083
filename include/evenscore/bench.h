#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/model_file.h"
#include "evenscore/prediction_file.h"
#include "evenscore/rows_file.h"

namespace evenscore {

/// What to time.
struct BenchJob {
  std::string rows_path;  ///< empty = rows made up like the model
  RowsOptions rows;
  std::int64_t row_count = 0;                   ///< 0 = all of a file; 256 MiB of made-up rows
  ElementType made_up_type = ElementType::f32;  ///< f32 or f64
  Arithmetic arithmetic = Arithmetic::exact;
  WantedOutputs
      wanted;  ///< of label_index, proba, log_proba, decision, prediction; none: what the model is for
  OutputType output_type = OutputType::f32;
  std::vector<EngineKind> engines;  ///< empty = all that are available
  EngineOptions engine_options;     ///< threads 0 = the cpu engine with one thread, and with all
  std::int64_t batch_rows = 0;      ///< rows a call, 0 = all
  double seconds = 5.0;             ///< for the rounds; three are made at least
  /// How engines are made; tests put wrong ones here.
  std::function<std::unique_ptr<Engine>(EngineKind, const Program&, const EngineOptions&)> make = make_engine;
};

/// Of one figure over the rounds.
struct Spread {
  double median = 0.0, low = 0.0, high = 0.0;
};

/// The machine's limits with a number of threads, over the rows' own memory: see MachineLimits.
struct LimitsTiming {
  int threads = 0;
  Spread read, copy;  ///< bytes/s; copy: read and written, added
};

/// Calls of a few rows, one after the other.
struct Latency {
  std::int64_t rows = 0;      ///< a call
  double microseconds = 0.0;  ///< median
  std::int64_t calls = 0;
};

struct EngineTiming {
  EngineKind kind = EngineKind::reference;
  std::string description;
  int threads = 1;
  std::int64_t rows = 0;         ///< a round; fewer than there are for `reference`
  std::string first_difference;  ///< from reference, as in "proba of row 17"; then there is no time
  Spread rows_per_second;
  Spread bytes_per_second;              ///< rows read and results written
  Spread ratio_to_read, ratio_to_copy;  ///< of bytes_per_second to the limits' in the same round
  std::vector<Latency> latency;         ///< empty for the cpu engine on fewer threads than another timing has
};

struct BenchReport {
  std::string outputs;              ///< timed: "label_index,proba"
  std::string rows_source;          ///< "made up", or "rows.h5:/X"
  std::int64_t rows_available = 0;  ///< in the file; more than `rows` when they were cut
  std::int64_t rows = 0, features = 0;
  ElementType rows_type = ElementType::f32;
  std::int32_t classes = 0;
  std::int64_t row_bytes = 0, result_bytes = 0;  ///< a row
  std::int64_t batch_rows = 0;
  std::int64_t checked_rows = 0;  ///< whose bits were compared with reference, before and after the rounds
  int rounds = 0;
  double seconds = 0.0;  ///< the rounds took
  std::vector<LimitsTiming> limits;
  std::vector<EngineTiming> engines;
  std::vector<EngineAvailability> unavailable;  ///< when all were asked for

  /// Whether an engine differed from reference.
  bool wrong() const;
};

/// Times engines from memory beside the machine's limits. Rows are loaded or made up first: at most 1 GiB of
/// a file's, and no more than have 1 GiB of results. Each engine's results are compared bit for bit with
/// reference, on at least 65,536 rows (or all), before the rounds and after them; one that differs gets no
/// time. A round measures, for each number of threads, the read, the copy, then the engines, so that ratios
/// are taken within a round. Nothing else should run on the machine. Throws Error: bad_request (no rows;
/// made-up rows that do not fit into half of the memory), and what RowSource, compile and make_engine throw.
BenchReport bench(const ModelFile& model, const BenchJob& job);

}  // namespace evenscore
