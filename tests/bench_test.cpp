// What the bench reports, and that a wrong engine is found and gets no time. No time is asserted.
#include "evenscore/bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/cuda/cuda_engine.h"
#include "evenscore/error.h"
#include "support/lazy_bench_device.h"

namespace evenscore {
namespace {

using test::LazyBenchDevice;
using test::LazyDevice;

ModelFile model() {
  return load_model(
      (std::filesystem::path(EVENSCORE_TEST_DATA) / "sklearn/1.9.1/multinomial3.joblib").string());
}

BenchJob small_job() {
  BenchJob job;
  job.row_count = 1000;
  job.wanted.label_index = job.wanted.proba = job.wanted.decision = true;
  job.seconds = 0.0;
  return job;
}

/// The cpu engine with one bit of one row's probability changed, from its `right_calls`-th call on.
class WrongEngine final : public Engine {
 public:
  WrongEngine(std::unique_ptr<Engine> engine, int right_calls)
      : engine_(std::move(engine)), right_calls_(right_calls) {}

  void run(const RowsView& rows, const OutputsView& outputs, Stream stream) override {
    engine_->run(rows, outputs, stream);
    if (right_calls_-- <= 0 && rows.count > 700) static_cast<std::uint32_t*>(outputs.proba)[700 * 3] ^= 1;
  }
  std::string description() const override { return engine_->description(); }

 private:
  std::unique_ptr<Engine> engine_;
  int right_calls_;
};

BenchReport bench_with_a_wrong_cpu_engine(int right_calls) {
  BenchJob job = small_job();
  job.ways = {BenchWay::host_to_host};
  job.make = [&](EngineKind kind, const Program& program,
                 const EngineOptions& options) -> std::unique_ptr<Engine> {
    std::unique_ptr<Engine> engine = make_engine(kind, program, options);
    if (kind != EngineKind::cpu) return engine;
    return std::make_unique<WrongEngine>(std::move(engine), right_calls);
  };
  return bench(model(), job);
}

BenchJob small_job_with_a_gpu() {
  BenchJob job = small_job();
  job.make = [](EngineKind kind, const Program& program, const EngineOptions& options) {
    if (kind != EngineKind::cuda) return make_engine(kind, program, options);
    std::vector<std::unique_ptr<kernels::Device>> devices;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, options.gpus.size()); ++i)
      devices.push_back(std::make_unique<LazyDevice>(LazyDevice::Settings{}));
    return engine::make_cuda(program, std::move(devices));
  };
  job.open_device = [](int) { return std::make_unique<LazyBenchDevice>(); };
  job.engines = {EngineKind::cpu, EngineKind::cuda};
  return job;
}

void expect_figures(const BenchGroup& group) {
  for (const BenchLimit& limit : group.limits) EXPECT_GT(limit.per_second.low, 0.0) << limit.name;
  for (const EngineTiming& engine : group.engines) {
    EXPECT_EQ(engine.first_difference, "") << engine.description;
    EXPECT_GT(engine.rows_per_second.median, 0.0);
    ASSERT_EQ(engine.ratios.size(), group.limits.size());
    for (const Spread& ratio : engine.ratios) {
      EXPECT_LE(ratio.low, ratio.median);
      EXPECT_LE(ratio.median, ratio.high);
    }
  }
}

std::vector<std::string> limits_of(const BenchGroup& group) {
  std::vector<std::string> names;
  for (const BenchLimit& limit : group.limits) names.push_back(limit.name);
  return names;
}

TEST(Bench, ReportsEveryEngineAndItsLimits) {
  const BenchReport report = bench(model(), small_job());
  EXPECT_FALSE(report.wrong());
  EXPECT_EQ(report.rows, 1000);
  EXPECT_EQ(report.checked_rows, 1000);
  EXPECT_EQ(report.row_bytes, 4 * report.features);
  EXPECT_EQ(report.result_bytes, 4 + 12 + 12);
  EXPECT_GE(report.rounds, 3);
  for (const EngineAvailability& engine : available_engines()) {
    bool timed = false;
    for (const BenchGroup& group : report.groups) {
      for (const EngineTiming& timing : group.engines) timed = timed || timing.kind == engine.kind;
    }
    const auto same = [&](const auto& other) { return other.kind == engine.kind; };
    EXPECT_EQ(engine.available, timed);
    EXPECT_EQ(!engine.available, std::any_of(report.unavailable.begin(), report.unavailable.end(), same));
  }
  for (const BenchGroup& group : report.groups) expect_figures(group);
}

TEST(Bench, AGpuIsTimedResidentFromHostMemoryAndFromFileToFile) {
  BenchJob job = small_job_with_a_gpu();
  job.engine_options.gpus = {0, 1};
  const BenchReport report = bench(model(), job);
  std::multiset<std::string> groups;
  for (const BenchGroup& group : report.groups) {
    expect_figures(group);
    for (const EngineTiming& engine : group.engines)
      groups.insert(std::string(name_of(group.way)) + " " + group.where + " " +
                    engine.description.substr(0, 4));
    if (group.way == BenchWay::resident) {
      EXPECT_EQ(limits_of(group), (std::vector<std::string>{"device read", "device copy", "f64 issue"}));
    }
    if (group.where == "cuda:1" && group.way == BenchWay::host_to_host) {
      EXPECT_EQ(limits_of(group), (std::vector<std::string>{"copy to device", "copy to host"}));
    }
  }
  for (const char* group : {"resident cuda:0 cuda", "resident cuda:1 cuda", "host_to_host cuda:0 cuda",
                            "host_to_host cuda:1 cuda", "host_to_host 1 thread cpu:"})
    EXPECT_EQ(groups.count(group), 1U) << group;
  EXPECT_EQ(groups.count("file_to_file whole files cuda"), 3U);  // each by itself, and both
  EXPECT_EQ(groups.count("file_to_file whole files cpu:"), 1U);
}

TEST(Bench, AGpuWithLittleMemoryGetsAsManyRowsAsFit) {
  BenchJob job = small_job_with_a_gpu();
  job.ways = {BenchWay::resident};
  job.open_device = [](int) {
    LazyDevice::Settings settings;
    settings.memory_bytes = 20'000;
    return std::make_unique<LazyBenchDevice>(settings);
  };
  const BenchReport report = bench(model(), job);
  ASSERT_EQ(report.groups.size(), 1U);
  EXPECT_EQ(report.groups[0].engines[0].rows, 250);
  expect_figures(report.groups[0]);
}

TEST(Bench, ASweepTimesSmallCallsAndSeveralThreadCounts) {
  BenchJob job = small_job_with_a_gpu();
  job.sweep = true;
  job.ways = {BenchWay::host_to_host, BenchWay::resident};
  for (const BenchGroup& group : bench(model(), job).groups) {
    expect_figures(group);
    std::set<std::int64_t> batches;
    for (const EngineTiming& engine : group.engines) batches.insert(engine.batch_rows);
    EXPECT_EQ(batches, (std::set<std::int64_t>{1, 64, 1000})) << group.where;
  }
}

TEST(Bench, AWrongEngineHasNoTime) {
  // Wrong from the start, or only in the rounds: before and after them the bits are compared.
  for (const int right_calls : {0, 2}) {
    const BenchReport report = bench_with_a_wrong_cpu_engine(right_calls);
    EXPECT_TRUE(report.wrong());
    for (const BenchGroup& group : report.groups) {
      for (const EngineTiming& engine : group.engines) {
        const bool cpu = engine.kind == EngineKind::cpu;
        EXPECT_EQ(engine.first_difference, cpu ? "proba of row 700" : "") << engine.description;
        EXPECT_EQ(engine.rows_per_second.median == 0.0, cpu);
        EXPECT_EQ(engine.latency.empty(), cpu);
      }
    }
  }
}

TEST(Bench, AFileWithWrongResultsHasNoTime) {
  BenchJob job = small_job();
  job.ways = {BenchWay::file_to_file};
  job.engines = {EngineKind::cpu};
  job.batch_rows = 1000;
  job.make = [](EngineKind kind, const Program& program, const EngineOptions& options) {
    return std::make_unique<WrongEngine>(make_engine(kind, program, options), 0);
  };
  const BenchReport report = bench(model(), job);
  ASSERT_EQ(report.groups.size(), 1U);
  EXPECT_EQ(report.groups[0].engines[0].first_difference, "proba of row 700");
}

TEST(Bench, BatchesDoNotChangeWhatIsCompared) {
  BenchJob job = small_job();
  job.batch_rows = 7;
  job.engine_options.threads = 3;
  job.made_up_type = ElementType::f64;
  job.engines = {EngineKind::cpu};
  job.ways = {BenchWay::host_to_host};
  const BenchReport report = bench(model(), job);
  EXPECT_FALSE(report.wrong());
  ASSERT_EQ(report.groups.size(), 1U);
  ASSERT_EQ(report.groups[0].engines.size(), 1U);
  EXPECT_EQ(report.groups[0].engines[0].batch_rows, 7);
  EXPECT_EQ(report.groups[0].engines[0].threads, 3);
  EXPECT_EQ(report.row_bytes, 8 * report.features);
}

TEST(Bench, ACancelledOneHasNoFiguresAndLeavesNoFiles) {
  const std::atomic<bool> cancelled{true};
  BenchJob job = small_job();
  job.cancelled = &cancelled;
  const BenchReport report = bench(model(), job);
  EXPECT_TRUE(report.cancelled);
  EXPECT_TRUE(report.groups.empty());
}

TEST(Bench, MoreRowsThanHalfTheMemoryAreRefused) {
  BenchJob job = small_job();
  job.row_count = std::int64_t{1} << 40;
  EXPECT_THROW(bench(model(), job), Error);
}

}  // namespace
}  // namespace evenscore
