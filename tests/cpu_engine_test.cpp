// What the cpu engine promises beside equal bits: which instruction set ran, where it reads, what it costs.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>

#include "engine/cpu/target.h"
#include "engine_results.h"
#include "evenscore/arith/ops.h"
#include "evenscore/error.h"
#include "program/program_builder.h"

namespace {

std::atomic<std::int64_t> allocations{0};

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace evenscore::test {
namespace {

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const engine::cpu::Target& target : engine::cpu::targets()) {
    if (target.supported()) names.emplace_back(target.name);
  }
  return names;
}

std::unique_ptr<Engine> cpu(const Program& program, const std::string& instruction_set, int threads = 1) {
  EngineOptions options;
  options.threads = threads;
  options.instruction_set = instruction_set;
  return make_engine(EngineKind::cpu, program, options);
}

EngineCase plain_case(std::int64_t n_features, std::int32_t n_scores, std::int64_t n_rows, ElementType type) {
  return {
      n_features, n_scores, n_rows, type, Arithmetic::exact, Scaling::folded, Outcome::usual, Values::normal,
      1,          0,        0,      false};
}

bool same_bits(const CaseData& data, const std::string& instruction_set) {
  const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, data.program);
  return run(*reference, data, OutputType::f64, 0) ==
         run(*cpu(data.program, instruction_set), data, OutputType::f64, 0);
}

TEST(InstructionSets, AreForcedByOptionAndTheOptionComesBeforeTheEnvironment) {
  const Program program = make_case(plain_case(3, 1, 1, ElementType::f32)).program;
  setenv("EVENSCORE_CPU", "baseline", 1);
  EXPECT_NE(make_engine(EngineKind::cpu, program)->description().find("baseline"), std::string::npos);
  for (const std::string& name : instruction_sets()) {
    EXPECT_NE(cpu(program, name)->description().find(name), std::string::npos);
  }
  unsetenv("EVENSCORE_CPU");
}

TEST(InstructionSets, UnknownOnesAreRefusedAndThoseOfThisMachineNamed) {
  const Program program = make_case(plain_case(3, 1, 1, ElementType::f32)).program;
  try {
    cpu(program, "mmx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
    EXPECT_NE(std::string(error.what()).find("mmx"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("baseline"), std::string::npos);
  }
}

TEST(CpuEngine, ReadsNothingBehindTheLastRow) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t size = 64 * page;
  void* mapping = mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  ASSERT_EQ(mprotect(static_cast<char*>(mapping) + size, page, PROT_NONE), 0);
  for (const std::string& name : instruction_sets()) {
    for (int type = 0; type < 11; ++type) {
      for (const std::int64_t n_features : {1, 3, 7, 8, 9, 15, 17, 50}) {
        for (const std::int64_t n_rows : {1, 2, 8, 9, 17}) {
          CaseData data = make_case(plain_case(n_features, 1, n_rows, static_cast<ElementType>(type)));
          SCOPED_TRACE(name + ", " + std::to_string(n_features) + " features, type " + std::to_string(type));
          const auto bytes = static_cast<std::size_t>(n_rows * data.view.row_stride);
          std::byte* at_end = static_cast<std::byte*>(mapping) + size - bytes;
          std::memcpy(at_end, data.view.data, bytes);
          data.view.data = at_end;
          ASSERT_TRUE(same_bits(data, name));
        }
      }
    }
  }
  munmap(mapping, size + page);
}

TEST(CpuEngine, TakesRowsColumnByColumnBackwardsAndRepeated) {
  constexpr std::int64_t kRows = 203;
  constexpr std::int64_t kFeatures = 21;
  for (const std::string& name : instruction_sets()) {
    for (const std::int32_t n_scores : {1, 5}) {
      CaseData data = make_case(plain_case(kFeatures, n_scores, kRows, ElementType::f32));
      const std::byte* begin = data.view.data;
      data.view.row_stride = 4;
      data.view.column_stride = 4 * kRows;
      EXPECT_TRUE(same_bits(data, name)) << "column by column";
      data.view.row_stride = -4 * kFeatures;
      data.view.column_stride = 4;
      data.view.data = begin + 4 * kFeatures * (kRows - 1);
      EXPECT_TRUE(same_bits(data, name)) << "backwards";
      data.view.row_stride = 0;
      EXPECT_TRUE(same_bits(data, name)) << "one row again and again";
      data.view.row_stride = 4 * kFeatures;
      data.view.data = begin + 4 * (kFeatures - 1);
      data.view.column_stride = -4;
      EXPECT_TRUE(same_bits(data, name)) << "columns backwards";
    }
  }
}

TEST(CpuEngine, AllocatesNothingABatch) {
  for (const std::int32_t n_scores : {1, 10}) {
    for (const int threads : {1, 3}) {
      const CaseData data = make_case(plain_case(16, n_scores, 20000, ElementType::f32));
      const std::unique_ptr<Engine> engine = cpu(data.program, {}, threads);
      Results results(data.program, data.view.count, OutputType::f32);
      const OutputsView outputs = results.from(data.program, 0);
      for (const std::int64_t rows : {1, 100, 20000}) {
        RowsView part = data.view;
        part.count = rows;
        const std::int64_t before = allocations;
        engine->run(part, outputs);
        EXPECT_EQ(allocations - before, 0) << rows << " rows, " << threads << " threads";
      }
    }
  }
}

/// x / s through a program of one feature: divide, then a weight of 1 and no intercept.
TEST(Division, ThroughTheReciprocalIsCorrectlyRounded) {
  std::mt19937_64 random(7);
  constexpr std::int64_t kRows = 200'000;
  std::vector<double> x(kRows);
  std::vector<double> z(kRows);
  // Divisors near all that matters: powers of two, all-ones significands, both ends of what takes the short
  // way.
  std::vector<double> divisors{1.0,  3.0,      0x1.fffffffffffffp0, 0x1.ffffffffffffep0, 0x1.0000000000001p0,
                               -7.0, 0x1p-100, 0x1.8p-101,          0x1.8p100,           0x1.5555555555555p99,
                               49.0};
  for (int i = 0; i < 20; ++i) divisors.push_back(arith::double_of((random() >> 12) | 0x3ff0000000000000ULL));
  for (const std::string& name : instruction_sets()) {
    for (const double s : divisors) {
      ProgramBuilder builder(1, {});
      builder.centre_and_scale(std::nullopt, std::vector<double>{s}, Float32Scaling::round_each_step);
      builder.centre_and_scale(std::nullopt, std::nullopt, Float32Scaling::round_each_step);
      builder.linear({1.0}, {0.0});
      const Program program = builder.finish(LinkKind::sigmoid, 2);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::uint64_t significand = random() >> 12;
        switch (i % 4) {
          case 0:  // near a product of s, where quotients lie near a number or near the middle of two
            x[i] = arith::double_of((significand & 0x3ffffffU) | 0x3ff0000000000000ULL) * s;
            x[i] = std::nextafter(x[i], random() % 2 == 0 ? 1e300 : -1e300);
            break;
          case 1:
            x[i] = arith::double_of(significand | 0x3ff0000000000000ULL);
            break;
          case 2:
            x[i] = static_cast<double>(static_cast<std::int64_t>(random() % 2001) - 1000);
            break;
          default:
            // Any exponent, but in runs, for one extreme value turns its whole group to division.
            x[i] = i / 1024 % 2 == 0 ? arith::double_of(random())
                                     : arith::double_of(significand | ((700 + random() % 600) << 52));
        }
      }
      RowsView rows{
          reinterpret_cast<const std::byte*>(x.data()), ElementType::f64, kRows, 1, 8, 8, MemorySpace::host};
      OutputsView outputs;
      outputs.decision = z.data();
      cpu(program, name)->run(rows, outputs);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double expected = x[i] / s;
        if (std::isnan(expected)) continue;
        ASSERT_EQ(z[i], expected) << name << ": " << x[i] << " / " << s;
      }
    }
  }
}

}  // namespace
}  // namespace evenscore::test
