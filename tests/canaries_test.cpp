#include <gtest/gtest.h>

#include <cfenv>

#include "engine/arithmetic_vectors.h"
#include "engine/canaries.h"
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

}  // namespace
}  // namespace evenscore::engine
