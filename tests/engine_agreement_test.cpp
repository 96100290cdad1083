// Every engine and every instruction set of this machine against `reference`, bit for bit, over the case
// table.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "cases.h"
#include "engine/cpu/target.h"
#include "engine_results.h"
#include "evenscore/arith/ops.h"
#include "evenscore/error.h"
#include "program/program_builder.h"

namespace evenscore::test {
namespace {

const std::vector<EngineCase>& cases() {
  static const std::vector<EngineCase> kCases = engine_cases();
  return kCases;
}

TEST(CaseTable, StaysWithinItsBudgetOfMultiplyAdds) {
  std::int64_t total = 0;
  for (const EngineCase& c : cases()) total += c.n_features * c.n_scores * c.n_rows;
  if (std::getenv("EVENSCORE_FULL_TABLE") == nullptr) {
    EXPECT_LE(total, std::int64_t{5'000'000'000});
  }
  std::printf("%zu cases, %.2e multiply-adds an engine and output type\n", cases().size(),
              static_cast<double>(total));
}

class EngineAgreement : public ::testing::TestWithParam<std::string> {};

TEST_P(EngineAgreement, SameBitsAsReference) {
  setenv("EVENSCORE_CPU", GetParam().c_str(), 1);
  int compared = 0;
  for (const EngineCase& c : cases()) {
    SCOPED_TRACE(c.name());
    const CaseData data = make_case(c);
    EngineOptions options;
    options.threads = c.threads;
    const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, data.program);
    const std::unique_ptr<Engine> cpu = make_engine(EngineKind::cpu, data.program, options);
    ASSERT_NE(cpu->description().find(GetParam()), std::string::npos)
        << "the forced instruction set did not run";
    // Rows apart, so that a call sees at most one layout; types in turn, so that both run on every shape.
    const OutputType type = compared++ % 2 == 0 ? OutputType::f64 : OutputType::f32;
    const Results expected = run(*reference, data, type, 0);
    const Results actual = run(*cpu, data, type, c.split);
    EXPECT_TRUE(expected.label_index == actual.label_index) << "label_index";
    EXPECT_TRUE(expected.status == actual.status) << "status";
    EXPECT_TRUE(expected.decision == actual.decision) << "decision";
    EXPECT_TRUE(expected.proba == actual.proba) << "proba";
    EXPECT_TRUE(expected.log_proba == actual.log_proba) << "log_proba";
    ASSERT_FALSE(HasFailure());
  }
  unsetenv("EVENSCORE_CPU");
}

std::vector<std::string> supported_targets() {
  std::vector<std::string> names;
  for (const engine::cpu::Target& target : engine::cpu::targets()) {
    if (target.supported()) {
      names.emplace_back(target.name);
    } else {
      std::printf("not on this machine: %s\n", std::string(target.name).c_str());
    }
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Cpu, EngineAgreement, ::testing::ValuesIn(supported_targets()),
                         [](const auto& target) { return target.param; });

TEST(Engines, AnUnknownInstructionSetIsRefused) {
  setenv("EVENSCORE_CPU", "mmx", 1);
  EXPECT_THROW(make_engine(EngineKind::cpu, make_case(cases()[0]).program), Error);
  unsetenv("EVENSCORE_CPU");
}

TEST(Engines, CudaIsRefusedWithTheReason) {
  try {
    make_engine(EngineKind::cuda, make_case(cases()[0]).program);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
    EXPECT_EQ(exit_status(error.code()), 3);
  }
}

TEST(Engines, RowsOfAnotherWidthAreRefusedAndNothingIsWritten) {
  CaseData data = make_case(cases()[0]);
  data.view.columns += 1;
  for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
    std::int32_t label = 77;
    OutputsView outputs;
    outputs.label_index = &label;
    EXPECT_THROW(make_engine(kind, data.program)->run(data.view, outputs), Error);
    EXPECT_EQ(label, 77);
  }
}

/// A program of one feature, weight 1 and no intercept: the score is the value itself.
Program identity_program() {
  ProgramBuilder builder(1, {});
  builder.require(Validity::finite);
  builder.linear({1.0}, {0.0});
  return builder.finish(LinkKind::sigmoid, 2);
}

TEST(Engines, SayWhyARowCannotBeScored) {
  const double inf = std::numeric_limits<double>::infinity();
  const double rows[] = {1.0, std::nan(""), inf, -inf};
  const RowsView view{
      reinterpret_cast<const std::byte*>(rows), ElementType::f64, 4, 1, 8, 8, MemorySpace::host};
  for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
    std::int32_t label[4];
    std::uint8_t status[4];
    double proba[8];
    OutputsView outputs;
    outputs.label_index = label;
    outputs.status = status;
    outputs.proba = proba;
    make_engine(kind, identity_program())->run(view, outputs);
    EXPECT_EQ(std::vector<int>(status, status + 4), (std::vector<int>{0, 1, 2, 2}));
    EXPECT_EQ(std::vector<int>(label, label + 4), (std::vector<int>{1, -1, -1, -1}));
    EXPECT_TRUE(std::isnan(proba[2]));
    EXPECT_EQ(proba[5], 1.0);
    EXPECT_EQ(proba[7], 0.0);
  }
}

TEST(Engines, AScoreThatOverflowsFromFiniteInputsIsNotScored) {
  ProgramBuilder builder(2, {});
  builder.require(Validity::finite);
  builder.linear({1.0, 1.0}, {0.0});
  const Program program = builder.finish(LinkKind::sigmoid, 2);
  const double rows[] = {1.7e308, 1.7e308};
  const RowsView view{
      reinterpret_cast<const std::byte*>(rows), ElementType::f64, 1, 2, 16, 8, MemorySpace::host};
  for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
    std::uint8_t status = 9;
    OutputsView outputs;
    outputs.status = &status;
    make_engine(kind, program)->run(view, outputs);
    EXPECT_EQ(status, static_cast<std::uint8_t>(RowStatus::score_not_finite));
  }
}

TEST(Engines, AnInfinityThatAClipHidesIsStillRejected) {
  ProgramBuilder builder(1, {});
  builder.require(Validity::no_infinity);
  builder.clip(0.0, 1.0);
  builder.linear({1.0}, {0.0});
  const Program program = builder.finish(LinkKind::sigmoid, 2);
  const double inf = std::numeric_limits<double>::infinity();
  const double rows[] = {5.0, inf, -inf, std::nan("")};
  const RowsView view{
      reinterpret_cast<const std::byte*>(rows), ElementType::f64, 4, 1, 8, 8, MemorySpace::host};
  for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
    std::uint8_t status[4];
    double decision[4];
    OutputsView outputs;
    outputs.status = status;
    outputs.decision = decision;
    make_engine(kind, program)->run(view, outputs);
    EXPECT_EQ(std::vector<int>(status, status + 4), (std::vector<int>{0, 2, 2, 3}));
    EXPECT_EQ(decision[0], 1.0);
    EXPECT_EQ(decision[1], 1.0);
    EXPECT_EQ(decision[2], 0.0);
    EXPECT_TRUE(std::isnan(decision[3]));
  }
}

TEST(StageRounding, DoubleRoundingOfF32OperandsEqualsF32Arithmetic) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 4'000'000; ++i) {
    const auto bits = random();
    const float a = arith::float_of(static_cast<std::uint32_t>(bits));
    const float b = arith::float_of(static_cast<std::uint32_t>(bits >> 32));
    if (std::isnan(a) || std::isnan(b)) continue;
    ASSERT_EQ(arith::bits_of(arith::canonical(arith::narrow(arith::sub(a, b)))),
              arith::bits_of(arith::canonical(a - b)));
    ASSERT_EQ(arith::bits_of(arith::canonical(arith::narrow(arith::div(a, b)))),
              arith::bits_of(arith::canonical(a / b)));
  }
}

TEST(Folding, HappensOnlyWhereTheSpecificationAllows) {
  const auto stages = [](double scale, double weight) {
    ProgramBuilder builder(1, {});
    builder.centre_and_scale(std::vector<double>{1.0}, std::vector<double>{scale},
                             Float32Scaling::round_each_step);
    builder.linear({weight}, {0.0});
    return builder.finish(LinkKind::sigmoid, 2).stages;
  };
  EXPECT_EQ(stages(2.0, 1.0).size(), 1U);
  EXPECT_EQ(stages(2.0, 0.0).size(), 1U) << "a zero weight stays zero";
  EXPECT_EQ(stages(0x1p40, 0x1p-1020).size(), 3U) << "the quotient is subnormal";
  EXPECT_EQ(stages(0x1p-40, 0x1p1020).size(), 3U) << "the quotient overflows";
}

}  // namespace
}  // namespace evenscore::test
