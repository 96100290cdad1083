#include <exception>
#include <thread>

#include "cases.h"
#include "engine_results.h"
#include "evenscore/error.h"
#include "gpu_check/check_options.h"
#include "kernels/block_checks.h"

namespace evenscore::gpu_check {
namespace {

/// Dense random rows and the Program that scores them.
test::CaseData random_case(std::int64_t features, std::int32_t scores, test::Scaling scaling,
                           std::int64_t rows) {
  const test::EngineCase c{features,
                           scores,
                           0,
                           ElementType::f32,
                           Arithmetic::exact,
                           scaling,
                           test::Outcome::usual,
                           test::Values::normal,
                           1,
                           0,
                           0,
                           false};
  test::CaseData data = test::make_case(c);
  data.memory.resize(static_cast<std::size_t>(rows * features) * sizeof(float));
  data.view.data = data.memory.data();
  data.view.count = rows;
  kernels::fill_random_rows({77, ElementType::f32, features}, 0, rows, data.memory.data());
  return data;
}

/// Calls `work(t)` in a thread of its own for each t below `threads`, and throws what the first of them
/// threw.
template <class Work>
void in_threads(int threads, const Work& work) {
  std::vector<std::thread> workers;
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(threads));
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&work, &thrown, t] {
      try {
        work(t);
      } catch (...) {
        thrown[static_cast<std::size_t>(t)] = std::current_exception();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& exception : thrown) {
    if (exception) std::rethrow_exception(exception);
  }
}

}  // namespace

Json check_overlap(const CheckOptions& options) {
  constexpr int kThreads = 8;
  const Deadline deadline(options.seconds);
  const std::int64_t rows = std::min<std::int64_t>(options.block_rows, 1 << 18);
  const test::CaseData cases[] = {random_case(33, 1, test::Scaling::folded, rows),
                                  random_case(5, 10, test::Scaling::folded, rows),
                                  random_case(30, 3, test::Scaling::several_ways, rows / 8)};
  std::vector<std::unique_ptr<Engine>> engines;
  std::vector<test::Results> expected;
  // One GPU, two workers on one GPU, all GPUs.
  EngineOptions on_gpus[3];
  on_gpus[0].gpus = {options.device};
  on_gpus[1].gpus = {options.device, options.device};
  on_gpus[2].all_gpus = true;
  for (const test::CaseData& data : cases) {
    engines.push_back(make_tested_engine(options, data.program, on_gpus[engines.size()]));
    expected.push_back(test::run(*make_engine(fast_truth(options), data.program), data, OutputType::f32, 0));
  }
  Tally tally;
  int rounds = 0;
  for (; rounds < 4 && !deadline.passed(); ++rounds) {
    // All threads at once; neighbours share an engine or have different ones, and every split is another.
    const std::int64_t splits[] = {0, rows / 3 + 1, 4096, 1000};
    std::vector<test::Results> actual;
    for (int t = 0; t < kThreads; ++t) {
      const test::CaseData& data = cases[(t + rounds) % 3];
      actual.emplace_back(data.program, data.view.count, OutputType::f32);
    }
    in_threads(kThreads, [&](int t) {
      const auto which = static_cast<std::size_t>((t + rounds) % 3);
      actual[static_cast<std::size_t>(t)] =
          test::run(*engines[which], cases[which], OutputType::f32, splits[t % 4]);
    });
    for (int t = 0; t < kThreads; ++t) {
      const auto which = static_cast<std::size_t>((t + rounds) % 3);
      tally.compare(actual[static_cast<std::size_t>(t)] == expected[which],
                    "round " + std::to_string(rounds) + ", thread " + std::to_string(t) + ", Program " +
                        std::to_string(which));
    }
  }
  Json result = {{"threads", kThreads}, {"engines", 3}, {"rounds", rounds}, {"rows_a_run", rows}};
  tally.add_to(result);
  return result;
}

}  // namespace evenscore::gpu_check
