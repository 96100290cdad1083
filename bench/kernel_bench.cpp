// The cuda engine's kernels beside what the GPU can do at most: Google Benchmark, times by CUDA events. Every
// result is compared with `reference` before it is timed; a wrong one gets no time.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>

#include "evenscore/error.h"
#include "kernel_cases.h"

namespace evenscore::benchmarks {
namespace {

bool any_wrong = false;

/// The shape that was asked for last: the GPU's memory is for one at a time.
measure::TimedGroup& loaded(KernelBench& bench, const KernelShape& shape) {
  static measure::TimedGroup group;
  if (group.where != shape.name()) group = bench.group(shape);
  return group;
}

void time_run(benchmark::State& state, measure::TimedGroup& group, measure::TimedRun& run) {
  run.timing.first_difference = run.difference();
  if (!run.timing.first_difference.empty()) {
    any_wrong = true;
    return state.SkipWithError(("wrong: " + run.timing.first_difference).c_str());
  }
  std::vector<double> rates;
  for (const measure::Limit& limit : group.limits) rates.push_back(limit.per_second());
  double seconds = 0.0;
  for ([[maybe_unused]] auto _ : state) {
    const double taken = run.seconds();
    state.SetIterationTime(taken);
    seconds += taken;
  }
  seconds /= static_cast<double>(state.iterations());
  const std::vector<double> needs = run.needs();
  state.counters["rows"] = static_cast<double>(run.timing.rows);
  state.counters["rows/s"] = static_cast<double>(run.timing.rows) / seconds;
  state.counters["GB/s"] = run.bytes / seconds / 1e9;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const double rate = (rates[i] + group.limits[i].per_second()) / 2.0;
    state.counters[group.limits[i].name + " G/s"] = rate / 1e9;
    state.counters["of " + group.limits[i].name] = needs[i] / rate / seconds;
  }
}

void add_all(KernelBench& bench) {
  for (const KernelShape& shape : kernel_shapes()) {
    const std::vector<std::string> names = bench.names(shape);
    for (std::size_t i = 0; i < names.size(); ++i) {
      benchmark::RegisterBenchmark((shape.name() + "/" + names[i]).c_str(),
                                   [&bench, shape, i](benchmark::State& state) {
                                     measure::TimedGroup& group = loaded(bench, shape);
                                     time_run(state, group, group.runs.at(i));
                                   })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
}

}  // namespace
}  // namespace evenscore::benchmarks

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    evenscore::benchmarks::KernelBench bench(evenscore::kernels::open_bench_device(0), {});
    benchmark::AddCustomContext("gpu", bench.device_name());
    evenscore::benchmarks::add_all(bench);
    benchmark::RunSpecifiedBenchmarks();
  } catch (const evenscore::Error& error) {
    fmt::print(stderr, "kernel_bench: {}\n", error.what());
    return evenscore::exit_status(error.code());
  }
  benchmark::Shutdown();
  return evenscore::benchmarks::any_wrong ? 1 : 0;
}
