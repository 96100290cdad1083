#pragma once

#include <optional>
#include <string>

#include "evenscore/verify_comparison.h"

namespace evenscore::verifier {

/// For people: "Equal within rounding".
std::string headline(Verdict verdict);

/// One sentence that says why the verdict is what it is.
std::string verdict_reason(const ComparisonResult& found, Verdict verdict, VerifyMode mode,
                           bool is_regressor);

/// Throws Error (bad_request) where mode and tolerances do not go together.
void check_tolerances(std::optional<VerifyMode> mode, const Tolerances& tolerances);

}  // namespace evenscore::verifier
