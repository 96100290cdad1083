// The cuda engine on devices that work as late as a GPU may, against `reference`, bit for bit.
#include <gtest/gtest.h>

#include <thread>

#include "cases.h"
#include "engine/cuda/cuda_engine.h"
#include "engine_results.h"
#include "evenscore/error.h"
#include "support/lazy_device.h"

namespace evenscore::test {
namespace {

using engine::CudaOptions;

std::vector<std::unique_ptr<kernels::Device>> devices(int n, LazyDevice::Settings settings = {}) {
  std::vector<std::unique_ptr<kernels::Device>> all;
  for (int i = 0; i < n; ++i) {
    ++settings.seed;
    all.push_back(std::make_unique<LazyDevice>(settings));
  }
  return all;
}

CudaOptions slots_of(int n, std::size_t chunk_bytes) {
  CudaOptions options;
  options.slots_a_device = n;
  options.chunk_bytes = chunk_bytes;
  return options;
}

/// Cases of moderate size: the shapes are the business of the kernels' own test.
std::vector<EngineCase> cases() {
  std::vector<EngineCase> some;
  for (const EngineCase& c : engine_cases()) {
    if (c.n_features * c.n_rows * c.n_scores <= 500'000) some.push_back(c);
  }
  return some;
}

EngineCase case_of(std::int64_t rows, Scaling scaling = Scaling::folded) {
  EngineCase c = cases().front();
  c.n_features = 9;
  c.n_scores = 3;
  c.n_rows = rows;
  c.type = ElementType::f32;
  c.scaling = scaling;
  c.outcome = Outcome::usual;
  c.values = Values::normal;
  c.arithmetic = Arithmetic::exact;
  c.misaligned = 0;
  c.strided = false;
  c.split = 0;
  return c;
}

void expect_same(const Results& expected, const Results& actual) {
  EXPECT_TRUE(expected.label_index == actual.label_index) << "label_index";
  EXPECT_TRUE(expected.status == actual.status) << "status";
  EXPECT_TRUE(expected.decision == actual.decision) << "decision";
  EXPECT_TRUE(expected.proba == actual.proba) << "proba";
  EXPECT_TRUE(expected.log_proba == actual.log_proba) << "log_proba";
}

Results reference_of(const CaseData& data, OutputType type) {
  return run(*make_engine(EngineKind::reference, data.program), data, type, 0);
}

struct Arrangement {
  const char* name;
  int devices, slots;
  std::size_t chunk_bytes;
};

class CudaEngineAgreement : public ::testing::TestWithParam<Arrangement> {};

TEST_P(CudaEngineAgreement, SameBitsAsReference) {
  const Arrangement& arrangement = GetParam();
  int compared = 0;
  for (const EngineCase& c : cases()) {
    SCOPED_TRACE(c.name());
    const CaseData data = make_case(c);
    const OutputType type = compared++ % 2 == 0 ? OutputType::f64 : OutputType::f32;
    const auto cuda = engine::make_cuda(data.program, devices(arrangement.devices),
                                        slots_of(arrangement.slots, arrangement.chunk_bytes));
    expect_same(reference_of(data, type), run(*cuda, data, type, c.split));
    ASSERT_FALSE(HasFailure());
  }
}
INSTANTIATE_TEST_SUITE_P(Arrangements, CudaEngineAgreement,
                         ::testing::Values(Arrangement{"OneSlot", 1, 1, 4096},
                                           Arrangement{"ThreeSlots", 1, 3, 1500},
                                           Arrangement{"TwoDevices", 2, 2, 2000},
                                           Arrangement{"OneRowAtATime", 1, 2, 1},
                                           Arrangement{"AllAtOnce", 1, 3, 1 << 25}),
                         [](const auto& arrangement) { return arrangement.param.name; });

TEST(CudaEngine, CallersThatRunAtOnceGetTheirOwnRows) {
  const CaseData data = make_case(case_of(400));
  const Results expected = reference_of(data, OutputType::f64);
  const auto cuda = engine::make_cuda(data.program, devices(2), slots_of(2, 700));
  EXPECT_EQ(cuda->concurrent_runs(), 4);
  std::vector<std::thread> callers;
  std::vector<Results> results;
  for (int i = 0; i < 6; ++i) results.emplace_back(data.program, data.view.count, OutputType::f64);
  for (Results& result : results) {
    callers.emplace_back([&] {
      for (int round = 0; round < 3; ++round) result = run(*cuda, data, OutputType::f64, 77);
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const Results& result : results) expect_same(expected, result);
}

TEST(CudaEngine, EveryDeviceTakesChunksFromTheOneQueue) {
  const CaseData data = make_case(case_of(400));
  auto both = devices(2);
  const auto& first = static_cast<const LazyDevice&>(*both[0]);
  const auto& second = static_cast<const LazyDevice&>(*both[1]);
  const auto cuda = engine::make_cuda(data.program, std::move(both), slots_of(2, 700));
  run(*cuda, data, OutputType::f64, 0);
  EXPECT_GT(first.launches(), 1);
  EXPECT_GT(second.launches(), 1);
}

TEST(CudaEngine, RowsThatLieFarApartAreScored) {
  CaseData data = make_case(case_of(60));
  std::vector<std::byte> apart(static_cast<std::size_t>(60 * 9 * 4 * 10));
  for (std::int64_t row = 0; row < 60; ++row) {
    for (std::int64_t i = 0; i < 9; ++i)
      std::memcpy(apart.data() + (i * 60 + row) * 40, data.view.data + (row * 9 + i) * 4, 4);
  }
  const Results expected = reference_of(data, OutputType::f64);
  data.view.data = apart.data();
  data.view.row_stride = 40;
  data.view.column_stride = 60 * 40;
  const auto cuda = engine::make_cuda(data.program, devices(1), slots_of(2, 700));
  expect_same(expected, run(*cuda, data, OutputType::f64, 0));
  // Backwards, too.
  data.view.data += 59 * 40;
  data.view.row_stride = -40;
  expect_same(reference_of(data, OutputType::f64), run(*cuda, data, OutputType::f64, 0));
}

TEST(CudaEngine, LittleDeviceMemoryMakesForSmallerChunks) {
  const CaseData data = make_case(case_of(300));
  const Results expected = reference_of(data, OutputType::f64);
  LazyDevice::Settings settings;
  settings.memory_bytes = 12'000;
  for (const std::size_t chunk_bytes : {std::size_t{3000}, std::size_t{1} << 20}) {
    const auto cuda = engine::make_cuda(data.program, devices(1, settings), slots_of(3, chunk_bytes));
    expect_same(expected, run(*cuda, data, OutputType::f64, 0));
    expect_same(expected, run(*cuda, data, OutputType::f64, 0));
  }
}

TEST(CudaEngine, TooLittleDeviceMemoryForOneRowIsAnErrorThatSaysSo) {
  const CaseData data = make_case(case_of(300));
  LazyDevice::Settings settings;
  settings.memory_bytes = 1500;
  const auto cuda = engine::make_cuda(data.program, devices(1, settings), slots_of(1, 1 << 20));
  try {
    run(*cuda, data, OutputType::f64, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_failure);
    EXPECT_EQ(exit_status(error.code()), 3);
    EXPECT_NE(std::string(error.what()).find("out of device memory"), std::string::npos) << error.what();
  }
}

TEST(CudaEngine, AFailureAtAnyCallIsAnErrorAndNothingIsWrittenAfterIt) {
  const CaseData data = make_case(case_of(40, Scaling::normalized));
  int failures = 0;
  for (int call = 0;; ++call) {
    LazyDevice::Settings settings;
    settings.fails_at_call = call;
    std::unique_ptr<Engine> cuda;
    auto results = std::make_unique<Results>(data.program, data.view.count, OutputType::f64);
    try {
      cuda = engine::make_cuda(data.program, devices(1, settings), slots_of(3, 700));
      cuda->run(data.view, results->from(data.program, 0));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::device_failure);
      ++failures;
      results.reset();  // a later write would be a sanitizer's finding
      cuda.reset();
      continue;
    }
    break;
  }
  EXPECT_GT(failures, 20);
}

TEST(CudaEngine, RowsOnTheDeviceAreScoredInStreamOrder) {
  for (const Scaling scaling : {Scaling::folded, Scaling::normalized}) {
    const CaseData data = make_case(case_of(200, scaling));
    const Results expected = reference_of(data, OutputType::f64);
    LazyDevice::Settings settings;
    settings.limits.shared_bytes_a_block = 5000;  // scratch memory for the general kernel
    auto one = devices(1, settings);
    kernels::Device& device = *one[0];
    const auto cuda = engine::make_cuda(data.program, std::move(one), slots_of(1, 1 << 20));
    const kernels::StreamHandle streams[2] = {device.create_stream(), device.create_stream()};
    Results results[2] = {expected, expected};
    std::vector<std::byte> rows[2];
    for (int i = 0; i < 2; ++i) {
      rows[i].resize(200 * 9 * 4);
      results[i] = Results(data.program, 200, OutputType::f64);
      RowsView view = data.view;
      view.data = rows[i].data();
      view.space = MemorySpace::device;
      OutputsView outputs = results[i].from(data.program, 0);
      outputs.space = MemorySpace::device;
      device.copy_to_device(rows[i].data(), data.view.data, rows[i].size(), streams[i]);
      cuda->run(view, outputs, {streams[i].handle});
    }
    EXPECT_FALSE(results[1].label_index == expected.label_index) << "run() waited for the device";
    for (int i : {1, 0}) {
      device.synchronize(streams[i]);
      expect_same(expected, results[i]);
      device.destroy_stream(streams[i]);
    }
  }
}

TEST(CudaEngine, RowsOnADeviceNeedAnEngineOfOneDeviceAndOutputsThere) {
  const CaseData data = make_case(case_of(10));
  RowsView rows = data.view;
  rows.space = MemorySpace::device;
  OutputsView outputs;
  EXPECT_THROW(engine::make_cuda(data.program, devices(1))->run(rows, outputs), Error);
  outputs.space = MemorySpace::device;
  EXPECT_THROW(engine::make_cuda(data.program, devices(2))->run(rows, outputs), Error);
}

}  // namespace
}  // namespace evenscore::test
