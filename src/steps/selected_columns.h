#pragma once

#include <cstdint>
#include <vector>

#include "evenscore/pipeline.h"
#include "program/program_builder.h"

/// What the steps of sklearn.feature_selection have in common: columns that stay.
namespace evenscore::steps {

/// How many columns stay. Throws Error (corrupt_file) when none does.
std::int64_t count_selected(const Step& step, const std::vector<bool>& support);

/// Selects the columns. Where `validity` is not `any`, rows with another value in any column are unscorable,
/// also in one that is left out, as scikit-learn checks all of them.
void lower_selection(const std::vector<bool>& support, Validity validity, ProgramBuilder& program);

}  // namespace evenscore::steps
