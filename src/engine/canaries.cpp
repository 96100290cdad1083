#include "engine/canaries.h"

#include <string>

#include "evenscore/arith/canaries.h"
#include "evenscore/error.h"

namespace evenscore::engine {

std::string meaning_of_canaries(unsigned failed) {
  constexpr struct {
    arith::Canary bit;
    const char* what;
  } kMeanings[] = {
      {arith::kCanaryContraction, "a multiply and an add were fused"},
      {arith::kCanaryFusion, "a fused multiply-add was split"},
      {arith::kCanaryDenormal, "denormal numbers are flushed to zero"},
      {arith::kCanaryNarrow, "f32 denormals are flushed to zero"},
      {arith::kCanaryDivision, "division is not correctly rounded"},
      {arith::kCanaryRounding, "the rounding mode is not to nearest even"},
      {arith::kCanaryNan, "NaN is not stored in its canonical form"},
  };
  std::string text;
  for (const auto& meaning : kMeanings) {
    if ((failed & meaning.bit) != 0) text += (text.empty() ? "" : ", ") + std::string(meaning.what);
  }
  return text;
}

void check_arithmetic_of_this_thread() {
  const volatile arith::CanaryInputs inputs;
  const unsigned failed = arith::failed_canaries(inputs);
  if (failed == 0) return;
  throw Error(ErrorCode::arithmetic_failure,
              "this thread does not compute by the rules of IEEE 754: " + meaning_of_canaries(failed), {},
              "nothing was scored; look for a library or a compiler flag that sets fast math");
}

}  // namespace evenscore::engine
