// What the bench reports, and that a wrong engine is found and gets no time. No time is asserted.
#include "evenscore/bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "evenscore/error.h"

namespace evenscore {
namespace {

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
  job.make = [&](EngineKind kind, const Program& program,
                 const EngineOptions& options) -> std::unique_ptr<Engine> {
    std::unique_ptr<Engine> engine = make_engine(kind, program, options);
    if (kind != EngineKind::cpu) return engine;
    return std::make_unique<WrongEngine>(std::move(engine), right_calls);
  };
  return bench(model(), job);
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
    const auto same = [&](const auto& other) { return other.kind == engine.kind; };
    EXPECT_EQ(engine.available, std::any_of(report.engines.begin(), report.engines.end(), same));
    EXPECT_EQ(!engine.available, std::any_of(report.unavailable.begin(), report.unavailable.end(), same));
  }
  for (const EngineTiming& engine : report.engines) {
    const auto same = [&](const LimitsTiming& limits) { return limits.threads == engine.threads; };
    EXPECT_TRUE(std::any_of(report.limits.begin(), report.limits.end(), same)) << engine.description;
    EXPECT_GT(engine.rows_per_second.median, 0.0);
    EXPECT_LE(engine.ratio_to_read.low, engine.ratio_to_read.median);
    EXPECT_LE(engine.ratio_to_read.median, engine.ratio_to_read.high);
  }
}

TEST(Bench, AWrongEngineHasNoTime) {
  // Wrong from the start, or only in the rounds: before and after them the bits are compared.
  for (const int right_calls : {0, 2}) {
    const BenchReport report = bench_with_a_wrong_cpu_engine(right_calls);
    EXPECT_TRUE(report.wrong());
    for (const EngineTiming& engine : report.engines) {
      const bool cpu = engine.kind == EngineKind::cpu;
      EXPECT_EQ(engine.first_difference, cpu ? "proba of row 700" : "") << engine.description;
      EXPECT_EQ(engine.rows_per_second.median == 0.0, cpu);
      EXPECT_EQ(engine.latency.empty(), cpu);
    }
  }
}

TEST(Bench, BatchesDoNotChangeWhatIsCompared) {
  BenchJob job = small_job();
  job.batch_rows = 7;
  job.engine_options.threads = 3;
  job.made_up_type = ElementType::f64;
  job.engines = {EngineKind::cpu};
  const BenchReport report = bench(model(), job);
  EXPECT_FALSE(report.wrong());
  EXPECT_EQ(report.batch_rows, 7);
  ASSERT_EQ(report.engines.size(), 1U);
  EXPECT_EQ(report.engines[0].threads, 3);
  EXPECT_EQ(report.row_bytes, 8 * report.features);
}

TEST(Bench, MoreRowsThanHalfTheMemoryAreRefused) {
  BenchJob job = small_job();
  job.row_count = std::int64_t{1} << 40;
  EXPECT_THROW(bench(model(), job), Error);
}

}  // namespace
}  // namespace evenscore
