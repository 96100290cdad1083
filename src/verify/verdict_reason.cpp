#include "verify/verdict_reason.h"

#include <fmt/format.h>

#include "base/grouped_digits.h"
#include "evenscore/error.h"

namespace evenscore::verifier {
namespace {

std::string accepted_flips(const ComparisonResult& found, bool is_regressor) {
  if (is_regressor) return {};
  if (found.label_flips == 0) return "; no label differs";
  return fmt::format("; {} labels differ, each in a row that rounding leaves open",
                     grouped(found.label_flips));
}

}  // namespace

std::string headline(Verdict verdict) {
  switch (verdict) {
    case Verdict::identical:
      return "Identical";
    case Verdict::equal_within_rounding:
      return "Equal within rounding";
    case Verdict::within_tolerance:
      return "Within tolerance";
    default:
      return "Different";
  }
}

std::string verdict_reason(const ComparisonResult& found, Verdict verdict, VerifyMode mode,
                           bool is_regressor) {
  const std::string flips = accepted_flips(found, is_regressor);
  switch (verdict) {
    case Verdict::identical:
      return "every bit of every row is equal";
    case Verdict::equal_within_rounding:
      return fmt::format("every number is within its proven rounding bound{}", flips);
    case Verdict::within_tolerance:
      return fmt::format("every number is within tolerance{}", flips);
    default:
      break;
  }
  const std::int64_t unexplained =
      mode == VerifyMode::bitwise ? found.label_flips : found.label_flips - found.label_flips_explained;
  std::int64_t rejected = 0;
  for (const OutputComparison& output : found.outputs) rejected += output.rejected;
  const char* rule = mode == VerifyMode::bitwise ? "differ"
                     : mode == VerifyMode::bound ? "are outside their rounding bound"
                                                 : "are outside the tolerance";
  std::string text = rejected > 0 ? fmt::format("{} numbers {}", grouped(rejected), rule) : std::string();
  if (unexplained > 0) {
    if (!text.empty()) text += "; ";
    text += mode == VerifyMode::bitwise
                ? fmt::format("{} labels differ", grouped(unexplained))
                : fmt::format("{} labels differ that rounding does not explain", grouped(unexplained));
  }
  return text;
}

void check_tolerances(std::optional<VerifyMode> mode, const Tolerances& tolerances) {
  const bool given = tolerances.max_ulp || tolerances.rtol || tolerances.atol;
  const bool tolerant = mode == VerifyMode::tolerance;
  if (tolerant && !given)
    throw Error(ErrorCode::bad_request, "mode tolerance needs --max-ulp, --rtol or --atol");
  if (!tolerant && given) {
    throw Error(ErrorCode::bad_request, "--max-ulp, --rtol and --atol belong to mode tolerance", {},
                "add --mode tolerance");
  }
}

}  // namespace evenscore::verifier
