#include "evenscore/bench.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "evenscore/machine_limits.h"
#include "measure/bench_rows.h"
#include "measure/reference_check.h"
#include "measure/result_layout.h"
#include "measure/row_range.h"
#include "score/chosen_outputs.h"

namespace evenscore {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFewestRounds = 3;
constexpr std::int64_t kFewestCheckedRows = 65536;
constexpr std::int64_t kMostCheckedRows = std::int64_t{1} << 20;
constexpr std::int64_t kCheckedMultiplyAdds = std::int64_t{1} << 27;  // of reference: a second or two
constexpr double kReferenceSeconds = 0.05;                            // a round
constexpr std::int64_t kLatencyRows = 4096;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

int all_threads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2.0;
  return {median, values.front(), values.back()};
}

/// The limits with one number of threads, and what they gave in each round.
struct LimitsRun {
  MachineLimits limits;
  std::vector<double> read, copy;

  explicit LimitsRun(int threads) : limits(threads) {}
};

/// An engine that takes part, and what it gave in each round.
struct EngineRun {
  EngineTiming timing;
  std::unique_ptr<Engine> engine;
  std::vector<double> seconds, to_read, to_copy;
};

/// Engines that were asked for, each with the numbers of threads it is timed with.
std::vector<EngineRun> make_engines(const BenchJob& job, const Program& program, BenchReport& report) {
  std::vector<EngineKind> kinds = job.engines;
  if (kinds.empty()) {
    for (const EngineAvailability& engine : available_engines()) {
      if (engine.available) {
        kinds.push_back(engine.kind);
      } else {
        report.unavailable.push_back(engine);
      }
    }
  }
  std::vector<EngineRun> runs;
  for (const EngineKind kind : kinds) {
    std::set<int> thread_counts{all_threads()};
    if (kind == EngineKind::reference) thread_counts = {1};
    if (kind == EngineKind::cpu)
      thread_counts = job.engine_options.threads > 0 ? std::set<int>{job.engine_options.threads}
                                                     : std::set<int>{1, all_threads()};
    for (const int threads : thread_counts) {
      EngineRun run;
      EngineOptions options = job.engine_options;
      options.threads = threads;
      run.engine = job.make(kind, program, options);
      run.timing.kind = kind;
      run.timing.threads = threads;
      run.timing.description = run.engine->description();
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

/// Everything that a round needs.
class Bench {
 public:
  Bench(const BenchJob& job, const Program& program, const measure::ResultLayout& layout,
        measure::BenchRows rows)
      : layout_(layout),
        rows_(std::move(rows)),
        results_(std::max(static_cast<std::size_t>(layout.words(rows_.view.count)), rows_.memory.size())),
        check_(program, rows_.view, layout, sample_rows(program)),
        batch_rows_(job.batch_rows > 0 ? std::min(job.batch_rows, rows_.view.count) : rows_.view.count) {}

  const measure::BenchRows& rows() const { return rows_; }
  std::int64_t checked_rows() const { return check_.rows(); }
  std::int64_t batch_rows() const { return batch_rows_; }

  /// Rows of a round.
  std::int64_t rows_for(EngineKind kind) const {
    if (kind != EngineKind::reference) return rows_.view.count;
    const auto affordable = static_cast<std::int64_t>(kReferenceSeconds * check_.rows_per_second());
    return std::clamp<std::int64_t>(affordable, 1, rows_.view.count);
  }

  /// Empty, or where the engine differs from reference.
  std::string difference(Engine& engine) {
    std::fill(results_.begin(), results_.end(), 0x5a5a5a5a5a5a5a5aULL);  // nothing of an earlier run may pass
    run(engine, rows_.view.count);
    return check_.first_difference(results_);
  }

  void measure(LimitsRun& run) {
    run.read.push_back(run.limits.read(rows_.memory).bytes_per_second);
    run.copy.push_back(run.limits.copy(rows_.memory, results_).bytes_per_second);
  }

  void measure(EngineRun& engine, const LimitsRun& limits) {
    const Clock::time_point start = Clock::now();
    run(*engine.engine, engine.timing.rows);
    engine.seconds.push_back(seconds_since(start));
    const double rate = static_cast<double>(engine.timing.rows * bytes_a_row()) / engine.seconds.back();
    engine.to_read.push_back(rate / limits.read.back());
    engine.to_copy.push_back(rate / limits.copy.back());
  }

  /// Calls of `batch` rows, round and round over rows that a cache holds.
  Latency latency(Engine& engine, std::int64_t batch, double budget) {
    const std::int64_t rows = std::min(rows_.view.count, kLatencyRows);
    std::vector<double> calls;
    const Clock::time_point start = Clock::now();
    for (std::int64_t first = 0;
         calls.size() < 101 || (seconds_since(start) < budget && calls.size() < 100'000);) {
      const Clock::time_point call = Clock::now();
      run_batch(engine, first, batch);
      calls.push_back(seconds_since(call) * 1e6);
      first = first + 2 * batch > rows ? 0 : first + batch;
    }
    return {batch, spread_of(calls).median, static_cast<std::int64_t>(calls.size())};
  }

  std::int64_t bytes_a_row() const { return rows_.view.row_stride + layout_.row_bytes(); }

 private:
  std::int64_t sample_rows(const Program& program) const {
    const std::int64_t work = program.n_features() * program.n_scores();
    return std::clamp(kCheckedMultiplyAdds / work, kFewestCheckedRows, kMostCheckedRows);
  }

  void run(Engine& engine, std::int64_t rows) {
    for (std::int64_t first = 0; first < rows; first += batch_rows_)
      run_batch(engine, first, std::min(batch_rows_, rows - first));
  }

  void run_batch(Engine& engine, std::int64_t first, std::int64_t count) {
    engine.run(measure::row_range(rows_.view, first, count), layout_.view(results_, rows_.view.count, first));
  }

  measure::ResultLayout layout_;
  measure::BenchRows rows_;
  std::vector<std::uint64_t> results_;  ///< also what the rows are copied to
  measure::ReferenceCheck check_;
  std::int64_t batch_rows_;
};

void check(Bench& bench, std::vector<EngineRun>& engines) {
  for (EngineRun& run : engines) {
    if (run.timing.first_difference.empty()) run.timing.first_difference = bench.difference(*run.engine);
  }
}

void run_rounds(Bench& bench, double seconds, std::map<int, LimitsRun>& limits,
                std::vector<EngineRun>& engines, BenchReport& report) {
  const Clock::time_point start = Clock::now();
  do {
    for (auto& [threads, run] : limits) {
      bench.measure(run);
      for (EngineRun& engine : engines) {
        if (engine.timing.threads == threads && engine.timing.first_difference.empty())
          bench.measure(engine, run);
      }
    }
    ++report.rounds;
    report.seconds = seconds_since(start);
  } while (report.rounds < kFewestRounds || report.seconds < seconds);
}

void measure_latency(Bench& bench, double seconds, std::vector<EngineRun>& engines) {
  std::map<EngineKind, int> most_threads;
  for (const EngineRun& run : engines) {
    int& most = most_threads[run.timing.kind];
    most = std::max(most, run.timing.threads);
  }
  for (EngineRun& run : engines) {
    if (run.timing.threads < most_threads[run.timing.kind] || !run.timing.first_difference.empty()) continue;
    for (const std::int64_t batch : {1, 10, 100}) {
      if (batch <= bench.rows().view.count)
        run.timing.latency.push_back(bench.latency(*run.engine, batch, 0.02 * seconds));
    }
  }
}

EngineTiming summary(EngineRun& run, std::int64_t bytes_a_row) {
  EngineTiming timing = std::move(run.timing);
  if (!timing.first_difference.empty()) {
    timing.latency.clear();
    return timing;
  }
  const auto rates = [&](double amount) {
    std::vector<double> values(run.seconds);
    for (double& value : values) value = amount / value;
    return spread_of(values);
  };
  timing.rows_per_second = rates(static_cast<double>(timing.rows));
  timing.bytes_per_second = rates(static_cast<double>(timing.rows * bytes_a_row));
  timing.ratio_to_read = spread_of(run.to_read);
  timing.ratio_to_copy = spread_of(run.to_copy);
  return timing;
}

}  // namespace

bool BenchReport::wrong() const {
  return std::any_of(engines.begin(), engines.end(),
                     [](const EngineTiming& engine) { return !engine.first_difference.empty(); });
}

BenchReport bench(const ModelFile& model, const BenchJob& job) {
  BenchReport report;
  report.rows_type = measure::bench_rows_type(job);
  const Program program = compile(model.pipeline, {job.arithmetic, report.rows_type});
  WantedOutputs wanted = choose_outputs(job.wanted, program);
  if (wanted.label) std::swap(wanted.label, wanted.label_index);
  report.outputs = names_of(wanted);
  const measure::ResultLayout layout(program, wanted, job.output_type);
  std::vector<EngineRun> engines = make_engines(job, program, report);
  Bench bench(job, program, layout, measure::bench_rows(model.pipeline, job, layout.row_bytes()));
  const RowsView& rows = bench.rows().view;
  report.rows_source = bench.rows().source;
  report.rows_available = bench.rows().available;
  report.rows = rows.count;
  report.features = rows.columns;
  report.classes = program.n_classes;
  report.row_bytes = rows.row_stride;
  report.result_bytes = layout.row_bytes();
  report.batch_rows = bench.batch_rows();
  report.checked_rows = bench.checked_rows();

  std::map<int, LimitsRun> limits;
  for (EngineRun& engine : engines) {
    engine.timing.rows = bench.rows_for(engine.timing.kind);
    limits.try_emplace(engine.timing.threads, engine.timing.threads);
  }
  check(bench, engines);
  run_rounds(bench, job.seconds, limits, engines, report);
  measure_latency(bench, job.seconds, engines);
  check(bench, engines);

  for (const auto& [threads, run] : limits)
    report.limits.push_back({threads, spread_of(run.read), spread_of(run.copy)});
  for (EngineRun& engine : engines) report.engines.push_back(summary(engine, bench.bytes_a_row()));
  return report;
}

}  // namespace evenscore
