// How fast two arrays of predictions are compared, on all cores, beside a plain read of both by as many
// threads in the same run.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstring>

#include "evenscore/machine_limits.h"
#include "verify/comparison.h"

namespace evenscore::benchmarks {
namespace {

constexpr std::int64_t kRows = std::int64_t{8} << 20;
constexpr std::int64_t kBatch = std::int64_t{1} << 20;

/// Probabilities of two classes, f64: 128 MiB a side. Every `step`-th row of b is one ulp off; 0 = none.
void compare(benchmark::State& state, std::int64_t step) {
  std::vector<std::uint64_t> a(static_cast<std::size_t>(2 * kRows));
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double p = (static_cast<double>(i * 7919 % 1000003) + 0.5) / 1000003.0;
    std::memcpy(&a[i], &p, sizeof p);
  }
  std::vector<std::uint64_t> b = a;
  for (std::int64_t row = 0; step > 0 && row < kRows; row += step) ++b[static_cast<std::size_t>(2 * row)];
  MachineLimits limits(0);
  const auto read = [&] {
    const double seconds = limits.read(a).seconds + limits.read(b).seconds;
    return 2.0 * static_cast<double>(a.size() * 8) / seconds;
  };
  double limit = read();
  double seconds = 0.0;
  for ([[maybe_unused]] auto _ : state) {
    verifier::PredictionRules rules;
    verifier::Comparison comparison({"a", "b", VerifyMode::bitwise, {}, rules, {"0", "1"}});
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t first = 0; first < kRows; first += kBatch) {
      verifier::SideView left, right;
      left.proba = {a.data() + 2 * first, OutputType::f64, 2, 0};
      right.proba = {b.data() + 2 * first, OutputType::f64, 2, 0};
      comparison.add(first, kBatch, left, right, nullptr);
    }
    const double taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    state.SetIterationTime(taken);
    seconds += taken;
    benchmark::DoNotOptimize(comparison.result().rows);
  }
  limit = (limit + read()) / 2.0;
  const double rate =
      2.0 * static_cast<double>(a.size() * 8) * static_cast<double>(state.iterations()) / seconds;
  state.counters["GB/s"] = rate / 1e9;
  state.counters["read_GB/s"] = limit / 1e9;
  state.counters["to_read"] = rate / limit;
}

void equal_bits(benchmark::State& state) {
  compare(state, 0);
}
void one_row_in_a_million_differs(benchmark::State& state) {
  compare(state, 1'000'003);
}
void one_row_in_a_hundred_differs(benchmark::State& state) {
  compare(state, 101);
}
void every_row_differs(benchmark::State& state) {
  compare(state, 1);
}
BENCHMARK(equal_bits)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(one_row_in_a_million_differs)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(one_row_in_a_hundred_differs)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(every_row_differs)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace evenscore::benchmarks

BENCHMARK_MAIN();
