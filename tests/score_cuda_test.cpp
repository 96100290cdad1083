// Scoring a file with several batches under way at once on devices that work as late as they may: the same
// bytes as the cpu engine writes, rows in order, the first bad row named.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cuda/cuda_engine.h"
#include "evenscore/error.h"
#include "evenscore/generate.h"
#include "evenscore/score_file.h"
#include "support/lazy_device.h"
#include "support/temporary_folder.h"

namespace evenscore::test {
namespace {

constexpr std::int64_t kRows = 3000;

ModelFile model() {
  return load_model(std::string(EVENSCORE_TEST_DATA) + "/sklearn/1.9.1/multinomial3.joblib");
}

class ScoreOnDevices : public ::testing::Test {
 protected:
  ScoreOnDevices() {
    GenerateJob job;
    imitate(job, model().pipeline);
    job.rows = kRows;
    job.output_path = folder_.file("rows.h5");
    job.type = ElementType::f32;
    generate(job);
  }

  ScoreJob job(const std::string& output, EngineKind kind) const {
    ScoreJob job;
    job.rows_path = folder_.file("rows.h5");
    job.output_path = folder_.file(output);
    job.batch_rows = 64;
    job.engine = kind;
    job.make = [this](EngineKind engine, const Program& program, const EngineOptions& options) {
      if (engine != EngineKind::cuda) return make_engine(engine, program, options);
      std::vector<std::unique_ptr<kernels::Device>> devices;
      for (int i = 0; i < 2; ++i) {
        LazyDevice::Settings settings;
        settings.seed = static_cast<std::uint64_t>(i);
        settings.fails_at_call = fails_at_call;
        devices.push_back(std::make_unique<LazyDevice>(settings));
      }
      return engine::make_cuda(program, std::move(devices));
    };
    return job;
  }

  std::vector<char> bytes_of(const std::string& name) const { return file_bytes(folder_.file(name)); }

  TemporaryFolder folder_;
  int fails_at_call = -1;
};

TEST_F(ScoreOnDevices, WritesTheBytesThatTheCpuEngineWrites) {
  score_file(model(), job("cpu.h5", EngineKind::cpu));
  std::vector<std::int64_t> rows_done;
  ScoreJob on_devices = job("cuda.h5", EngineKind::cuda);
  on_devices.progress = [&](const Progress& progress) { rows_done.push_back(progress.rows_done); };
  const ScoreSummary summary = score_file(model(), on_devices);
  EXPECT_EQ(summary.engine, "cuda: lazy device; lazy device");
  EXPECT_TRUE(bytes_of("cpu.h5") == bytes_of("cuda.h5"));
  EXPECT_TRUE(std::is_sorted(rows_done.begin(), rows_done.end()));
  EXPECT_EQ(rows_done.back(), kRows);
}

TEST_F(ScoreOnDevices, AFailingDeviceEndsTheJobAndLeavesNothing) {
  fails_at_call = 100;
  try {
    score_file(model(), job("cuda.h5", EngineKind::cuda));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(exit_status(error.code()), 3);
  }
  EXPECT_EQ(folder_.names(), (std::set<std::string>{"rows.h5"}));
}

TEST_F(ScoreOnDevices, EachDeviceMustGiveTheProbeRowsTheirBits) {
  ScoreJob on_devices = job("cuda.h5", EngineKind::cuda);
  on_devices.engine_options.gpus = {0, 1, 0};
  std::vector<std::vector<int>> made;
  on_devices.make = [&, make = on_devices.make](EngineKind kind, const Program& program,
                                                const EngineOptions& options) {
    made.push_back(options.gpus);
    return make(kind, program, options);
  };
  score_file(model(), on_devices);
  EXPECT_EQ(std::count(made.begin(), made.end(), std::vector<int>{0}), 3);
  EXPECT_EQ(std::count(made.begin(), made.end(), std::vector<int>{1}), 3);
  EXPECT_EQ(made.back(), (std::vector<int>{0, 1, 0}));
}

TEST_F(ScoreOnDevices, StopsWhenItIsToldTo) {
  std::atomic<bool> cancelled{false};
  ScoreJob on_devices = job("cuda.h5", EngineKind::cuda);
  on_devices.cancelled = &cancelled;
  on_devices.progress = [&](const Progress& progress) { cancelled = progress.rows_done > 500; };
  EXPECT_TRUE(score_file(model(), on_devices).cancelled);
  EXPECT_EQ(folder_.names(), (std::set<std::string>{"rows.h5"}));
}

}  // namespace
}  // namespace evenscore::test
