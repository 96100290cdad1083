#pragma once

#include <atomic>
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

namespace kernels {
class BenchDevice;
}

/// Where rows come from and results go to.
enum class BenchWay : std::uint8_t {
  resident,      ///< a GPU's memory, both
  host_to_host,  ///< the host's memory, both; page-locked where a GPU takes part
  file_to_file,  ///< HDF5 files
};
std::string_view name_of(BenchWay way);

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
  std::vector<BenchWay> ways;       ///< empty = all
  std::int64_t batch_rows = 0;      ///< rows a call, 0 = all
  bool sweep = false;               ///< also calls of 1, 64, 4,096, 262,144 rows, and threads 1, 2, 4 ...
  double seconds = 5.0;             ///< for the rounds; three are made at least
  /// When it turns true the bench stops before its next measurement.
  const std::atomic<bool>* cancelled = nullptr;
  /// How engines and devices are made; tests put their own here. `open_device` gives the GPU of that number.
  EngineFactory make = make_engine;
  std::function<std::unique_ptr<kernels::BenchDevice>(int gpu)> open_device = {};
};

/// Of one figure over the rounds.
struct Spread {
  double median = 0.0, low = 0.0, high = 0.0;
};

/// What something can do at most, measured in every round.
struct BenchLimit {
  std::string name;  ///< "plain read"
  std::string unit;  ///< of what is counted: "bytes", "operations"
  Spread per_second;
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
  std::int64_t batch_rows = 0;   ///< a call; 0 = chosen by the engine's caller (file_to_file)
  std::int64_t rows = 0;         ///< a round; fewer than there are where a round would last too long
  std::string first_difference;  ///< from reference, as in "proba of row 17"; then there is no time
  Spread rows_per_second;
  Spread bytes_per_second;  ///< rows read and results written; of files all their bytes
  /// For each limit of the group: the time that it would take for this run by itself, over the time taken.
  std::vector<Spread> ratios;
  /// The limit with the largest ratio, if that is 0.7 at least; else -1: computing, or waiting, takes longer.
  int bound_by = -1;
  std::vector<Latency> latency;  ///< host_to_host; empty for fewer threads than another timing has
};

/// What was timed beside the same limits.
struct BenchGroup {
  BenchWay way = BenchWay::host_to_host;
  std::string where;  ///< "2 threads", "cuda:0"
  std::vector<BenchLimit> limits;
  std::vector<EngineTiming> engines;
};

struct BenchReport {
  std::string outputs;              ///< timed: "label_index,proba"
  std::string rows_source;          ///< "made up", or "rows.h5:/X"
  std::int64_t rows_available = 0;  ///< in the file; more than `rows` when they were cut
  std::int64_t rows = 0, features = 0;
  ElementType rows_type = ElementType::f32;
  std::int32_t classes = 0;
  std::int64_t row_bytes = 0, result_bytes = 0;  ///< a row
  std::int64_t checked_rows = 0;  ///< whose bits were compared with reference, before and after the rounds
  int rounds = 0;
  double seconds = 0.0;  ///< the rounds took
  bool cancelled = false;
  std::vector<BenchGroup> groups;
  std::vector<EngineAvailability> unavailable;  ///< when all were asked for
  std::vector<std::string> left_out;            ///< what was not timed, and why

  /// Whether an engine differed from reference.
  bool wrong() const;
};

/// Times engines beside the machine's limits. Rows are loaded or made up first: at most 1 GiB of a file's,
/// and no more than have 1 GiB of results; for file_to_file all rows of the file, at most 8 GiB, or those
/// made up, which go to a temporary folder, as results do. Each engine's results are compared bit for bit
/// with reference, on at least 65,536 of the rows timed (or all), before the rounds and after them; one that
/// differs gets no time. A round measures, for each group, its limits, then its engines, so that ratios are
/// taken within a round. Nothing else should run on the machine. Throws Error: bad_request (no rows; made-up
/// rows that do not fit into half of the memory), and what RowSource, compile, score_file, and make_engine
/// throw.
BenchReport bench(const ModelFile& model, const BenchJob& job);

}  // namespace evenscore
