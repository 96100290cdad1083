#include <fmt/format.h>

#include "bench/bench_model.h"
#include "bench/kernel_cases.h"
#include "evenscore/bench.h"
#include "evenscore/error.h"
#include "gpu_check/check_options.h"
#include "measure/bench_json.h"
#include "support/lazy_bench_device.h"

namespace evenscore::gpu_check {
namespace {

constexpr std::int64_t kPointFeatures[] = {5, 16, 50, 128, 500, 512};

/// Without a GPU the kernels run in their host form, on next to no rows.
std::unique_ptr<kernels::BenchDevice> open_device(const CheckOptions& options) {
  if (options.engine == EngineKind::cuda) return kernels::open_bench_device(options.device);
  return std::make_unique<test::LazyBenchDevice>();
}

void compare(Tally& tally, const std::vector<BenchGroup>& groups) {
  for (const BenchGroup& group : groups) {
    for (const EngineTiming& engine : group.engines) {
      tally.compare(engine.first_difference.empty(),
                    fmt::format("{} {} {}: {}", name_of(group.way), group.where, engine.description,
                                engine.first_difference));
    }
  }
}

}  // namespace

Json time_kernels(const CheckOptions& options) {
  const Deadline deadline(options.seconds);
  benchmarks::KernelBench bench(
      open_device(options), {options.bench_bytes, options.engine == EngineKind::cuda, options.flip_a_bit});
  const std::vector<benchmarks::KernelShape> shapes = benchmarks::kernel_shapes();
  const int rounds = options.engine == EngineKind::cuda ? 15 : 1;
  std::vector<BenchGroup> groups;
  for (const benchmarks::KernelShape& shape : shapes) {
    if (deadline.passed()) break;
    measure::TimedGroup group = bench.group(shape);
    for (measure::TimedRun& run : group.runs) run.timing.first_difference = run.difference();
    for (int round = 0; round < rounds; ++round) measure::measure_round(group);
    groups.push_back(measure::summary(group));
  }
  Tally tally;
  compare(tally, groups);
  Json result = {{"shapes", groups.size()}, {"complete", groups.size() == shapes.size()}, {"rounds", rounds}};
  tally.add_to(result);
  result["limits"] = measure::limits_json(groups);
  result["engines"] = measure::engines_json(groups);
  return result;
}

Json time_end_to_end(const CheckOptions& options) {
  const Deadline deadline(options.seconds);
  Tally tally;
  Json points = Json::array();
  for (const std::int64_t features : kPointFeatures) {
    if (deadline.passed()) break;
    BenchJob job;
    job.row_count = static_cast<std::int64_t>(options.bench_bytes) / 8 / (4 * features) + 1;
    job.engines = {options.engine};
    job.engine_options.gpus = {options.device};
    job.ways = {BenchWay::host_to_host, BenchWay::file_to_file};
    job.seconds = 5.0;
    if (options.engine != EngineKind::cuda) job.seconds = 0.0;
    job.make = [&options](EngineKind kind, const Program& program, const EngineOptions& engine_options) {
      return kind == options.engine ? make_tested_engine(options, program, engine_options)
                                    : make_engine(kind, program, engine_options);
    };
    BenchReport report;
    try {
      report = bench(benchmarks::bench_model(features), job);
    } catch (const Error& error) {  // probe rows find a wrong engine before anything is scored
      if (error.code() != ErrorCode::arithmetic_failure) throw;
      tally.compare(false, error.what());
      continue;
    }
    compare(tally, report.groups);
    points.push_back({{"features", features},
                      {"rows", report.rows},
                      {"row_bytes", report.row_bytes},
                      {"result_bytes", report.result_bytes},
                      {"rounds", report.rounds},
                      {"limits", measure::limits_json(report.groups)},
                      {"engines", measure::engines_json(report.groups)},
                      {"left_out", report.left_out}});
  }
  Json result = {{"complete", points.size() == std::size(kPointFeatures)}};
  tally.add_to(result);
  result["points"] = points;
  return result;
}

}  // namespace evenscore::gpu_check
