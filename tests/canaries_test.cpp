#include <gtest/gtest.h>

#include <cfenv>

#include "engine/arithmetic_vectors.h"
#include "engine/canaries.h"
#include "engine/gpu_check.h"
#include "engine/rows_check.h"
#include "evenscore/error.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace evenscore::engine {
namespace {

ErrorCode code_of_check() {
  try {
    check_arithmetic_of_this_thread();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::bad_request;
}

TEST(Canaries, AnUntouchedThreadPasses) {
  EXPECT_NO_THROW(check_arithmetic_of_this_thread());
}

TEST(Canaries, AnotherRoundingModeIsNoticed) {
  std::fesetround(FE_UPWARD);
  const ErrorCode code = code_of_check();
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(code, ErrorCode::arithmetic_failure);
}

#if defined(__x86_64__)
TEST(Canaries, FlushToZeroAndDenormalsAreZeroAreNoticed) {
  const unsigned saved = _mm_getcsr();
  for (const unsigned bit : {0x8000U, 0x0040U}) {
    _mm_setcsr(saved | bit);
    const ErrorCode code = code_of_check();
    _mm_setcsr(saved);
    EXPECT_EQ(code, ErrorCode::arithmetic_failure) << std::hex << bit;
  }
}
#endif

TEST(BuiltInVectors, AreAllReproduced) {
  const VectorReport report = check_vectors(built_in_vectors());
  EXPECT_EQ(report.checked, 9046);
  EXPECT_EQ(report.wrong, 0) << report.first_wrong;
}

TEST(BuiltInVectors, AFlippedBitOrATruncatedLineIsWrong) {
  const std::string good = "exp64 3ff0000000000000 -> 4005bf0a8b145769\n";
  EXPECT_EQ(check_vectors(good).wrong, 0);
  EXPECT_EQ(check_vectors("exp64 3ff0000000000000 -> 4005bf0a8b145768\n").wrong, 1);
  EXPECT_EQ(check_vectors("exp64 3ff0000000000000 -> 4005bf0a8b14576\n").wrong, 1);
  EXPECT_EQ(check_vectors("exp64 3ff0000000000000 ->\n").wrong, 1);
  EXPECT_EQ(check_vectors("nothing 1\n").wrong, 1);
  EXPECT_EQ(check_vectors("softmax 0 ->\n").wrong, 1);
}

TEST(BuiltInVectors, OneWrongBitOfAnyFunctionIsFoundInWhateverComputes) {
  const std::uint64_t good_hash = adversarial_hash();
  for (int f = 0; f < arith::kProbeFunctions; ++f) {
    const auto broken = static_cast<arith::ProbeFunction>(f);
    const Evaluate evaluate = [broken](arith::ProbeFunction function, int n, std::int64_t count,
                                       const double* in, std::uint64_t* out) {
      evaluate_on_host(function, n, count, in, out);
      if (function == broken) out[count * arith::probe_outputs(function, n) - 1] ^= 1;
    };
    EXPECT_NE(adversarial_hash(evaluate), good_hash) << f;
    const bool in_vectors =
        broken != arith::ProbeFunction::log64 && broken != arith::ProbeFunction::square_root &&
        broken != arith::ProbeFunction::widen_half && broken != arith::ProbeFunction::narrow;
    if (in_vectors) {
      EXPECT_GT(check_vectors(built_in_vectors(), evaluate).wrong, 0) << f;
    }
  }
}

TEST(RowsCheck, TheCpuEngineGivesTheBitsOfReference) {
  const RowsReport report = check_rows(EngineKind::cpu);
  EXPECT_GT(report.checked, 4000);
  EXPECT_EQ(report.wrong, 0) << report.first_wrong;
}

TEST(GpuCheck, SaysWhatItFound) {
  const GpuReports reports = check_gpus();
  EXPECT_NE(reports.gpus.empty(), reports.missing.empty());
  for (const GpuReport& gpu : reports.gpus) EXPECT_FALSE(gpu.refuted()) << gpu.name;
}

}  // namespace
}  // namespace evenscore::engine
