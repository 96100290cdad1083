#pragma once

#include <cstddef>
#include <cstdint>

#include "evenscore/generate.h"

namespace evenscore {

/// Writes rows [first, first + n) of `job` to `destination`: dense, row-major, of the job's type (f32 or
/// f64). Any row can be made by itself; its values do not depend on how rows are split into calls.
void make_up_rows(const GenerateJob& job, std::int64_t first, std::int64_t n, std::byte* destination);

}  // namespace evenscore
