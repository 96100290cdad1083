#pragma once

#include <cstdint>

#include "evenscore/error.h"
#include "evenscore/program.h"
#include "evenscore/rows_file.h"
#include "score/batch.h"

namespace evenscore {

/// unscorable_row for the first of rows [from, from + n) of `batch` that could not be scored, one of which
/// must be; `batch.rows` holds these rows.
Error bad_row(const RowSource& source, const Program& program, const Batch& batch, std::int64_t from,
              std::int64_t n);

}  // namespace evenscore
