#include "evenscore/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "evenscore/error.h"
#include "measure/f64_operations.h"
#include "measure/file_way.h"
#include "measure/host_way.h"
#include "measure/resident_way.h"
#include "score/chosen_outputs.h"

namespace evenscore {
namespace {

using Clock = std::chrono::steady_clock;
using measure::TimedGroup;
using measure::TimedRun;

constexpr int kFewestRounds = 3;
constexpr std::int64_t kFewestCheckedRows = 65536;
constexpr std::int64_t kMostCheckedRows = std::int64_t{1} << 20;
constexpr std::int64_t kCheckedMultiplyAdds = std::int64_t{1} << 27;  // of reference: a second or two
constexpr double kReferenceSeconds = 0.05;                            // a round
constexpr std::int64_t kSweptBatches[] = {1, 64, 4096, 262144};
constexpr std::int64_t kMostResidentCalls = 20'000;  // a round

int all_threads() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// An engine to make, on the CPU or on GPUs.
struct Choice {
  EngineKind kind;
  EngineOptions options;
  int gpu = -1;  ///< of a cuda engine with this one alone
};

std::vector<Choice> choices_of(EngineKind kind, const EngineOptions& options) {
  if (kind != EngineKind::cuda) return {{kind, options, -1}};
  std::vector<Choice> choices;
  for (const EngineOptions& each : options_of_each_device(kind, options))
    choices.push_back({kind, each, each.gpus.empty() ? 0 : each.gpus.front()});
  if (choices.size() > 1) choices.push_back({kind, options, -1});
  return choices;
}

/// Those that were asked for; what is not here is reported where all were.
std::vector<Choice> choose_engines(const BenchJob& job, BenchReport& report) {
  std::vector<Choice> choices;
  const auto add = [&](EngineKind kind, const EngineOptions& options) {
    for (Choice& choice : choices_of(kind, options)) choices.push_back(std::move(choice));
  };
  for (const EngineKind kind : job.engines) add(kind, job.engine_options);
  if (!job.engines.empty()) return choices;
  EngineOptions everything = job.engine_options;
  everything.all_gpus = true;
  for (const EngineAvailability& engine : available_engines()) {
    if (engine.available) {
      add(engine.kind, everything);
    } else {
      report.unavailable.push_back(engine);
    }
  }
  return choices;
}

std::set<int> thread_counts(const BenchJob& job) {
  if (job.engine_options.threads > 0) return {job.engine_options.threads};
  std::set<int> counts{1, all_threads()};
  for (int threads = 2; job.sweep && threads < all_threads(); threads *= 2) counts.insert(threads);
  return counts;
}

/// Everything that is timed, in groups.
class Bench {
 public:
  Bench(const ModelFile& model, const BenchJob& job, const Program& program, const WantedOutputs& wanted,
        BenchReport& report)
      : model_(model),
        job_(job),
        program_(program),
        wanted_(wanted),
        report_(report),
        layout_(program, wanted, job.output_type),
        choices_(choose_engines(job, report)),
        rows_(measure::bench_rows(model.pipeline, job, layout_.row_bytes())),
        check_(program, rows_.view, layout_, sample_rows()),
        host_(rows_, layout_, check_) {
    describe_rows();
    if (wants(BenchWay::host_to_host)) add_host_groups();
    if (wants(BenchWay::host_to_host)) add_pinned_groups();
    if (wants(BenchWay::resident)) add_resident_groups();
    if (wants(BenchWay::file_to_file)) add_file_group();
  }

  void check() {
    for_each_run([&](TimedRun& run) {
      if (run.timing.first_difference.empty() && !cancelled()) run.timing.first_difference = run.difference();
    });
  }

  void run_rounds() {
    const Clock::time_point start = Clock::now();
    do {
      for (TimedGroup& group : groups_) {
        if (cancelled()) return;
        measure::measure_round(group);
      }
      ++report_.rounds;
      report_.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    } while (report_.rounds < kFewestRounds || report_.seconds < job_.seconds);
  }

  /// Of each kind of engine the one with the most threads.
  void measure_latency() {
    for_each_run([&](TimedRun& run) {
      if (!run.latency || !run.timing.first_difference.empty()) return;
      for (const std::int64_t batch : {1, 10, 100}) {
        if (batch <= rows_.view.count && !cancelled()) run.timing.latency.push_back(run.latency(batch));
      }
    });
  }

  void summarize() {
    report_.cancelled = cancelled();
    if (report_.cancelled) return;
    for (TimedGroup& group : groups_) report_.groups.push_back(measure::summary(group));
  }

 private:
  bool wants(BenchWay way) const {
    return job_.ways.empty() || std::count(job_.ways.begin(), job_.ways.end(), way) > 0;
  }
  bool cancelled() const { return job_.cancelled != nullptr && *job_.cancelled; }

  std::int64_t sample_rows() const {
    const std::int64_t work = program_.n_features() * program_.n_scores();
    return std::clamp(kCheckedMultiplyAdds / work, kFewestCheckedRows, kMostCheckedRows);
  }

  void describe_rows() {
    report_.rows_source = rows_.source;
    report_.rows_available = rows_.available;
    report_.rows = rows_.view.count;
    report_.features = rows_.view.columns;
    report_.classes = program_.n_classes;
    report_.row_bytes = rows_.view.row_stride;
    report_.result_bytes = layout_.row_bytes();
    report_.checked_rows = check_.rows();
  }

  template <class Use>
  void for_each_run(const Use& use) {
    for (TimedGroup& group : groups_) {
      for (TimedRun& run : group.runs) use(run);
    }
  }

  /// Rows a call: as asked for, and those of a sweep.
  std::set<std::int64_t> batches() const {
    const std::int64_t all = rows_.view.count;
    std::set<std::int64_t> sizes{job_.batch_rows > 0 ? std::min(job_.batch_rows, all) : all};
    for (const std::int64_t size : kSweptBatches) {
      if (job_.sweep && size < all) sizes.insert(size);
    }
    return sizes;
  }

  std::unique_ptr<kernels::BenchDevice> open_device(int gpu) const {
    return job_.open_device ? job_.open_device(gpu) : kernels::open_bench_device(gpu);
  }

  std::shared_ptr<Engine> make(const Choice& choice, int threads) const {
    EngineOptions options = choice.options;
    options.threads = threads;
    return job_.make(choice.kind, program_, options);
  }

  void add_host_runs(TimedGroup& group, const Choice& choice, int threads, bool beside_copies) {
    const std::shared_ptr<Engine> engine = make(choice, threads);
    if (choice.kind == EngineKind::cuda) host_.pin(engine);
    const std::int64_t largest = *batches().rbegin();
    for (const std::int64_t batch : batches()) {
      if (choice.kind == EngineKind::reference && batch != largest) continue;
      std::int64_t rows = rows_.view.count;
      if (choice.kind == EngineKind::reference) rows = reference_rows();
      if (batch != largest) rows = host_.rows_for(*engine, batch);
      group.runs.push_back(host_.run(choice.kind, engine, rows, batch, beside_copies));
      group.runs.back().timing.threads = choice.kind == EngineKind::cpu ? threads : 1;
      if (batch == largest && (choice.kind != EngineKind::cpu || threads == most_threads_)) {
        group.runs.back().latency = [this, engine](std::int64_t calls_of) {
          return host_.latency(*engine, calls_of, 0.02 * job_.seconds);
        };
      }
    }
  }

  std::int64_t reference_rows() const {
    const auto affordable = static_cast<std::int64_t>(kReferenceSeconds * check_.rows_per_second());
    return std::clamp<std::int64_t>(affordable, 1, rows_.view.count);
  }

  /// Engines that read and write the host's memory themselves, and GPUs together.
  void add_host_groups() {
    std::set<int> counts = thread_counts(job_);
    most_threads_ = *counts.rbegin();
    counts.insert(1);
    for (const int threads : counts) {
      TimedGroup group{
          BenchWay::host_to_host, fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"), {}, {}};
      for (const Choice& choice : choices_) {
        const bool here = choice.kind == EngineKind::reference ? threads == 1
                          : choice.kind == EngineKind::cpu     ? thread_counts(job_).count(threads) > 0
                                                               : choice.gpu < 0 && threads == most_threads_;
        if (here) add_host_runs(group, choice, threads, false);
      }
      if (group.runs.empty()) continue;
      group.limits = host_.limits(threads);
      groups_.push_back(std::move(group));
    }
  }

  /// One group a GPU; what it lacks for the limits is said.
  template <class Add>
  void add_gpu_groups(BenchWay way, const Add& add) {
    bool any = false;
    for (const Choice& choice : choices_) {
      if (choice.gpu < 0) continue;
      any = true;
      TimedGroup group{way, fmt::format("cuda:{}", choice.gpu), {}, {}};
      try {
        add(choice, group);
        groups_.push_back(std::move(group));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::device_failure) throw;
        report_.left_out.push_back(fmt::format("{}, {}: {}", name_of(way), group.where, error.what()));
      }
    }
    if (!any && way == BenchWay::resident)
      report_.left_out.push_back(fmt::format("{}: no GPU", name_of(way)));
  }

  void add_pinned_groups() {
    add_gpu_groups(BenchWay::host_to_host, [&](const Choice& choice, TimedGroup& group) {
      group.limits = host_.limits(std::make_shared<measure::PinnedCopies>(open_device(choice.gpu)));
      add_host_runs(group, choice, 1, true);
    });
  }

  void add_resident_groups() {
    add_gpu_groups(BenchWay::resident, [&](const Choice& choice, TimedGroup& group) {
      auto way =
          std::make_unique<measure::ResidentWay>(open_device(choice.gpu), rows_, layout_, check_,
                                                 measure::f64_operations_a_row(program_, rows_.view.type));
      group.limits = way->limits();
      const std::shared_ptr<Engine> engine = make(choice, 1);
      for (const std::int64_t batch : batches()) {
        const std::int64_t most =
            batch > way->rows() / kMostResidentCalls ? way->rows() : batch * kMostResidentCalls;
        group.runs.push_back(way->run(engine, most, std::min(batch, way->rows())));
      }
      resident_.push_back(std::move(way));
    });
  }

  void add_file_group() {
    try {
      file_ = std::make_unique<measure::FileWay>(model_, job_, rows_, wanted_, check_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::limit_exceeded) throw;
      report_.left_out.push_back(fmt::format("{}: {}", name_of(BenchWay::file_to_file), error.what()));
      return;
    }
    TimedGroup group{BenchWay::file_to_file, "whole files", file_->limits(), {}};
    for (Choice choice : choices_) {
      if (choice.kind == EngineKind::reference) continue;
      if (choice.kind == EngineKind::cpu) choice.options.threads = *thread_counts(job_).rbegin();
      group.runs.push_back(file_->run(choice.kind, choice.options));
      group.runs.back().timing.threads = choice.kind == EngineKind::cpu ? choice.options.threads : 1;
    }
    if (!group.runs.empty()) groups_.push_back(std::move(group));
  }

  const ModelFile& model_;
  const BenchJob& job_;
  const Program& program_;
  WantedOutputs wanted_;
  BenchReport& report_;
  measure::ResultLayout layout_;
  std::vector<Choice> choices_;
  measure::BenchRows rows_;
  measure::ReferenceCheck check_;
  measure::HostWay host_;
  std::vector<std::unique_ptr<measure::ResidentWay>> resident_;
  std::unique_ptr<measure::FileWay> file_;
  std::vector<TimedGroup> groups_;
  int most_threads_ = 1;
};

}  // namespace

std::string_view name_of(BenchWay way) {
  constexpr std::string_view kNames[] = {"resident", "host_to_host", "file_to_file"};
  return kNames[static_cast<std::size_t>(way)];
}

bool BenchReport::wrong() const {
  return std::any_of(groups.begin(), groups.end(), [](const BenchGroup& group) {
    return std::any_of(group.engines.begin(), group.engines.end(),
                       [](const EngineTiming& engine) { return !engine.first_difference.empty(); });
  });
}

BenchReport bench(const ModelFile& model, const BenchJob& job) {
  BenchReport report;
  report.rows_type = measure::bench_rows_type(model.pipeline, job);
  const Program program = compile(model.pipeline, {job.arithmetic, report.rows_type});
  WantedOutputs wanted = choose_outputs(job.wanted, program);
  if (wanted.label) std::swap(wanted.label, wanted.label_index);
  report.outputs = names_of(wanted);
  Bench bench(model, job, program, wanted, report);
  bench.check();
  bench.run_rounds();
  bench.measure_latency();
  bench.check();
  bench.summarize();
  return report;
}

}  // namespace evenscore
