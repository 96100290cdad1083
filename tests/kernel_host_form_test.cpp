// The host form of every kernel against `reference`, bit for bit: threads of a phase in shuffled order,
// asynchronous copies as late as they may land, shared memory of exactly the size that the launch asks for.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "cases.h"
#include "engine_results.h"
#include "kernels/host_form.h"
#include "kernels/score_launch.h"
#include "program/program_builder.h"

namespace evenscore::test {
namespace {

using kernels::DeviceLimits;
using kernels::Schedule;
using kernels::ScoreLaunch;

/// Devices that make for different launches.
const DeviceLimits kOld{7, 5, 1, 65536, 65536};        ///< no asynchronous copies
const DeviceLimits kSmall{8, 0, 2, 40960, 40960};      ///< little shared memory, few blocks
const DeviceLimits kOneBlock{9, 0, 1, 232448, 60000};  ///< a block that takes tile after tile
const DeviceLimits kH200{9, 0, 132, 232448, 233472};

/// An engine whose launches run in their host form.
class HostFormEngine final : public Engine {
 public:
  HostFormEngine(const Program& program, const DeviceLimits& limits, std::uint64_t seed)
      : program_(program), limits_(limits), seed_(seed) {}

  void run(const RowsView& rows, const OutputsView& outputs, Stream) override {
    if (rows.count == 0) return;
    ScoreLaunch launch = kernels::plan_score(program_.view(), rows, outputs, limits_);
    std::vector<double> scratch(launch.scratch_bytes / sizeof(double), 0x1.bp+900);
    launch.scratch = scratch.data();
    schedules.insert(launch.schedule);
    kernels::run_on_host(launch, seed_++);
  }
  std::string description() const override { return "host form"; }

  std::set<Schedule> schedules;

 private:
  Program program_;
  DeviceLimits limits_;
  std::uint64_t seed_;
};

void expect_same_bits(const CaseData& data, const DeviceLimits& limits, OutputType type, std::int64_t split,
                      std::set<Schedule>& schedules) {
  const Results expected = run(*make_engine(EngineKind::reference, data.program), data, type, 0);
  HostFormEngine engine(data.program, limits, 17);
  const Results actual = run(engine, data, type, split);
  EXPECT_TRUE(expected.label_index == actual.label_index) << "label_index";
  EXPECT_TRUE(expected.status == actual.status) << "status";
  EXPECT_TRUE(expected.decision == actual.decision) << "decision";
  EXPECT_TRUE(expected.proba == actual.proba) << "proba";
  EXPECT_TRUE(expected.log_proba == actual.log_proba) << "log_proba";
  schedules.insert(engine.schedules.begin(), engine.schedules.end());
}

class KernelHostForm : public ::testing::TestWithParam<int> {};

TEST_P(KernelHostForm, SameBitsAsReferenceOverTheCaseTable) {
  const DeviceLimits& limits = GetParam() == kOld.major ? kOld : kSmall;
  std::set<Schedule> schedules;
  int compared = limits.major;
  for (const EngineCase& c : engine_cases()) {
    SCOPED_TRACE(c.name());
    const OutputType type = compared++ % 2 == 0 ? OutputType::f64 : OutputType::f32;
    expect_same_bits(make_case(c), limits, type, c.split, schedules);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(schedules.count(Schedule::fused_direct), 1U);
  EXPECT_EQ(schedules.count(Schedule::stages), 1U);
}
INSTANTIATE_TEST_SUITE_P(ComputeCapability, KernelHostForm, ::testing::Values(kOld.major, kSmall.major));

EngineCase plain_case(std::int64_t features, std::int32_t scores, std::int64_t rows, ElementType type) {
  return {features,       scores,          rows, type,        Arithmetic::exact, Scaling::folded,
          Outcome::usual, Values::hazards, 1,    /*split=*/0, /*misaligned=*/0,  /*strided=*/false};
}

TEST(KernelTiles, SameBitsWhereTilesOfRowsEnd) {
  std::set<Schedule> schedules;
  for (const ElementType type : {ElementType::f32, ElementType::f64}) {
    for (const std::int64_t features : {1, 3, 5, 8, 16, 30, 31}) {
      for (const std::int64_t rows : {1, 63, 64, 65, 255, 256, 257, 1300, 2048 + 1}) {
        for (const std::int32_t scores : {1, 5}) {
          const EngineCase c = plain_case(features, scores, rows, type);
          SCOPED_TRACE(c.name());
          expect_same_bits(make_case(c), kOneBlock, OutputType::f32, 0, schedules);
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
  EXPECT_EQ(schedules, (std::set<Schedule>{Schedule::fused_tiles}));
}

TEST(KernelShapes, SameBitsForLongRowsReadSixteenBytesAtATime) {
  std::set<Schedule> schedules;
  for (const ElementType type : {ElementType::f32, ElementType::f64}) {
    for (const std::int64_t features : {100, 128, 500}) {
      for (const std::int64_t rows : {1, 31, 33, 300}) {
        for (const std::int32_t scores : {1, 5}) {
          const EngineCase c = plain_case(features, scores, rows, type);
          SCOPED_TRACE(c.name());
          expect_same_bits(make_case(c), kOneBlock, OutputType::f64, 0, schedules);
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
  EXPECT_EQ(schedules, (std::set<Schedule>{Schedule::fused_direct}));
}

TEST(KernelShapes, SameBitsForRowsOfSeventyThousandFeatures) {
  for (const Scaling scaling : {Scaling::folded, Scaling::normalized}) {
    EngineCase c = plain_case(70'000, 2 + 1, 40, ElementType::f32);
    c.scaling = scaling;
    std::set<Schedule> schedules;
    expect_same_bits(make_case(c), kH200, OutputType::f64, 0, schedules);
    EXPECT_EQ(schedules,
              std::set<Schedule>{scaling == Scaling::folded ? Schedule::fused_direct : Schedule::stages});
  }
}

TEST(KernelShapes, SameBitsForAThousandClasses) {
  std::set<Schedule> schedules;
  expect_same_bits(make_case(plain_case(12, 1000, 70, ElementType::f32)), kH200, OutputType::f32, 0,
                   schedules);
  EXPECT_EQ(schedules, std::set<Schedule>{Schedule::stages});
}

TEST(KernelShapes, SameBitsInColumnMajorRows) {
  for (const Scaling scaling : {Scaling::folded, Scaling::normalized}) {
    EngineCase c = plain_case(9, 1, 300, ElementType::f32);
    c.scaling = scaling;
    CaseData data = make_case(c);
    std::vector<std::byte> columns(data.memory.size());
    for (std::int64_t row = 0; row < c.n_rows; ++row) {
      for (std::int64_t i = 0; i < c.n_features; ++i)
        std::memcpy(columns.data() + (i * c.n_rows + row) * 4, data.view.data + (row * c.n_features + i) * 4,
                    4);
    }
    data.view.data = columns.data();
    data.view.column_stride = 4 * c.n_rows;
    data.view.row_stride = 4;
    std::set<Schedule> schedules;
    expect_same_bits(data, kOneBlock, OutputType::f64, 0, schedules);
  }
}

ScoreLaunch plan_for(const EngineCase& c, const DeviceLimits& limits) {
  const CaseData data = make_case(c);
  return kernels::plan_score(data.program.view(), data.view, {}, limits);
}

TEST(PlanScore, ShortDenseRowsGoThroughTilesWhereCopiesAreAsynchronous) {
  const EngineCase c = plain_case(16, 1, 4096, ElementType::f32);
  EXPECT_EQ(plan_for(c, kH200).schedule, Schedule::fused_tiles);
  EXPECT_EQ(plan_for(c, kH200).lanes_a_thread, 4);
  EXPECT_EQ(plan_for(c, kOld).schedule, Schedule::fused_direct);
}

TEST(PlanScore, LongRowsAreReadSixteenBytesAtATimeWhereTheyAreAligned) {
  EXPECT_EQ(plan_for(plain_case(512, 1, 64, ElementType::f32), kH200).schedule, Schedule::fused_direct);
  EXPECT_EQ(plan_for(plain_case(512, 1, 64, ElementType::f32), kH200).lanes_a_thread, 4);
  EXPECT_EQ(plan_for(plain_case(500, 1, 64, ElementType::f64), kH200).lanes_a_thread, 2);
  EXPECT_EQ(plan_for(plain_case(501, 1, 64, ElementType::f64), kH200).lanes_a_thread, 1);
}

TEST(PlanScore, ColumnStagesBeforeTheLinearOneAreFused) {
  EngineCase c = plain_case(100, 1, 64, ElementType::f32);
  c.scaling = Scaling::clipped;
  EXPECT_EQ(plan_for(c, kH200).schedule, Schedule::fused_direct);
  EXPECT_TRUE(plan_for(c, kH200).column_stages);
  c.scaling = Scaling::normalized;
  EXPECT_EQ(plan_for(c, kH200).schedule, Schedule::stages);
}

TEST(PlanScore, ScratchIsBoundedHoweverWideTheRows) {
  EngineCase c = plain_case(70'000, 1, 100'000, ElementType::f32);
  c.n_rows = 1;
  c.scaling = Scaling::normalized;
  CaseData data = make_case(c);
  data.view.count = 100'000'000;  // planned, not read
  const ScoreLaunch launch = kernels::plan_score(data.program.view(), data.view, {}, kH200);
  EXPECT_EQ(launch.schedule, Schedule::stages);
  EXPECT_GT(launch.blocks, 1);
  EXPECT_LE(launch.scratch_bytes, kernels::kMostScratchBytes);
}

}  // namespace
}  // namespace evenscore::test
