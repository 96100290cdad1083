// The cpu engine beside the machine's own limits. Every case is compared with `reference` before it is timed;
// a wrong one gets no time. `bench/run_engine_bench.py` runs the main family and prints a table.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <thread>

#include "bench_case.h"
#include "bench_memory.h"
#include "evenscore/machine_limits.h"

namespace evenscore::benchmarks {
namespace {

bool any_wrong = false;

/// Built and checked once: Google Benchmark calls a case several times. Null where the result is wrong.
Case* prepare(const std::string& name, const CaseOptions& options) {
  static std::string prepared;
  static std::unique_ptr<Case> last;
  if (prepared == name) return last.get();
  prepared = name;
  last.reset();
  last = std::make_unique<Case>(options);
  if (!last->check()) {
    last.reset();
    any_wrong = true;
  }
  return last.get();
}

MachineLimits& limits_of(int threads) {
  static std::map<int, MachineLimits> limits;
  return limits.try_emplace(threads, threads).first->second;
}

struct Bandwidth {
  double read, copy;  ///< bytes/s
};

/// Medians of three, over the memory that holds the rows.
Bandwidth measure_limits(const CaseOptions& options) {
  MachineLimits& limits = limits_of(options.threads);
  const std::span<const std::uint64_t> rows = bench_memory().rows(options.type);
  std::array<double, 3> read{}, copy{};
  for (std::size_t i = 0; i < read.size(); ++i) {
    read[i] = limits.read(rows).bytes_per_second;
    copy[i] = limits.copy(rows, bench_memory().results()).bytes_per_second;
  }
  std::sort(read.begin(), read.end());
  std::sort(copy.begin(), copy.end());
  return {read[1], copy[1]};
}

void throughput(benchmark::State& state, const std::string& name, const CaseOptions& options) {
  Case* c = prepare(name, options);
  if (c == nullptr) return state.SkipWithError("wrong result, no time");
  const Bandwidth before = measure_limits(options);
  double seconds = 0.0;
  for ([[maybe_unused]] auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    c->run();
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.SetIterationTime(taken);
    seconds += taken;
  }
  const Bandwidth after = measure_limits(options);
  const double read = (before.read + after.read) / 2.0;
  const double copy = (before.copy + after.copy) / 2.0;
  const double runs = static_cast<double>(state.iterations()) / seconds;
  const double rate = static_cast<double>(c->bytes_read() + c->bytes_written()) * runs;
  state.counters["rows"] = static_cast<double>(c->rows());
  state.counters["rows/s"] = static_cast<double>(c->rows()) * runs;
  state.counters["GB/s"] = rate / 1e9;
  state.counters["read_GB/s"] = read / 1e9;
  state.counters["copy_GB/s"] = copy / 1e9;
  state.counters["to_read"] = rate / read;
  state.counters["to_copy"] = rate / copy;
}

void latency(benchmark::State& state, const std::string& name, const CaseOptions& options,
             std::int64_t batch) {
  Case* c = prepare(name, options);
  if (c == nullptr) return state.SkipWithError("wrong result, no time");
  // Round and round over rows that a cache holds: what a caller waits for is the call, not memory.
  const std::int64_t last = std::min<std::int64_t>(c->rows(), 4096) - batch;
  std::int64_t first = 0;
  for ([[maybe_unused]] auto _ : state) {
    c->run(first, batch);
    first = first + batch > last ? 0 : first + batch;
  }
}

std::string thread_name(int threads) {
  return threads == 0 ? "all" : std::to_string(threads);
}

std::string shape_name(const CaseOptions& options) {
  return fmt::format("F{}/{}/K{}/threads:{}", options.n_features, element_name(options.type),
                     options.n_scores, thread_name(options.threads));
}

void add(const std::string& family, const CaseOptions& options) {
  const std::string name = family + "/" + shape_name(options);
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) { throughput(state, name, options); })
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

void add_latency(const CaseOptions& options, std::int64_t batch) {
  const std::string name = fmt::format("latency/{}rows/{}", batch, shape_name(options));
  benchmark::RegisterBenchmark(
      name.c_str(), [=](benchmark::State& state) { latency(state, shape_name(options), options, batch); })
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}

void add_stages(CaseOptions options) {
  for (const auto& [name, stages] :
       {std::pair{"two_scalers", Stages::two_scalers}, std::pair{"float32_rounded", Stages::float32_rounded},
        std::pair{"clipped", Stages::clipped}}) {
    options.stages = stages;
    add(fmt::format("stages/{}", name), options);
  }
}

void add_layouts(CaseOptions options) {
  for (const auto& [name, layout] :
       {std::pair{"misaligned", Layout::misaligned}, std::pair{"strided_rows", Layout::strided_rows},
        std::pair{"strided_columns", Layout::strided_columns},
        std::pair{"column_major", Layout::column_major}}) {
    options.layout = layout;
    add(fmt::format("layout/{}", name), options);
  }
}

void add_outputs(CaseOptions options) {
  for (const auto& [type_name, type] :
       {std::pair{"f32", OutputType::f32}, std::pair{"f64", OutputType::f64}}) {
    options.output_type = type;
    for (const auto& [name, wanted] :
         {std::pair{"proba", WantedOutputs{.label_index = true, .proba = true}},
          std::pair{"log_proba", WantedOutputs{.label_index = true, .log_proba = true}},
          std::pair{"decision", WantedOutputs{.label_index = true, .decision = true}}}) {
      options.wanted = wanted;
      add(fmt::format("outputs/{}_{}", type_name, name), options);
    }
  }
}

void add_all() {
  std::vector<int> thread_counts{1};
  if (std::thread::hardware_concurrency() > 1) thread_counts.push_back(0);
  CaseOptions options;
  for (const int threads : thread_counts) {
    options.threads = threads;
    for (const ElementType type : {ElementType::f32, ElementType::f64}) {
      for (const std::int64_t features : {4, 8, 16, 32, 50, 128, 512}) {
        for (const std::int32_t scores : {1, 3, 10, 100}) {
          CaseOptions shape = options;
          shape.type = type;
          shape.n_features = features;
          shape.n_scores = scores;
          add("main", shape);
        }
      }
    }
    for (const std::int32_t scores : {1, 10}) {
      options.n_scores = scores;
      add_stages(options);
      add_layouts(options);
      add_outputs(options);
    }
    options.n_scores = 1;
    for (int type = 0; type <= static_cast<int>(ElementType::u64); ++type) {
      CaseOptions typed = options;
      typed.type = static_cast<ElementType>(type);
      add("types", typed);
    }
    for (const std::int64_t batch : {1, 10, 100}) add_latency(options, batch);
  }
}

}  // namespace
}  // namespace evenscore::benchmarks

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const evenscore::EngineAvailability& engine : evenscore::available_engines()) {
    if (engine.kind == evenscore::EngineKind::cpu) benchmark::AddCustomContext("cpu_engine", engine.detail);
  }
  const std::size_t bytes = evenscore::benchmarks::bench_memory().results().size_bytes() / 4;
  benchmark::AddCustomContext("rows_mib", std::to_string(bytes >> 20));
  evenscore::benchmarks::add_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return evenscore::benchmarks::any_wrong ? 1 : 0;
}
