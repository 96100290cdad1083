#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore::engine {

/// The Error (unscorable_row) for row `i` of host `rows`, which an engine gave a `status` other than
/// `scored`: it names the row as `file_row` of `dataset` and the first column whose value scikit-learn
/// rejects, by `names` where there are any. The file is left for the caller to name.
Error unscorable_row(const Program& program, const RowsView& rows, std::int64_t i, RowStatus status,
                     std::int64_t file_row, const std::string& dataset,
                     const std::vector<std::string>& names);

}  // namespace evenscore::engine
