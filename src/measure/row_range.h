#pragma once

#include "evenscore/views.h"

namespace evenscore::measure {

/// Rows [first, first + count) of `rows`.
inline RowsView row_range(RowsView rows, std::int64_t first, std::int64_t count) {
  rows.data += first * rows.row_stride;
  rows.count = count;
  return rows;
}

}  // namespace evenscore::measure
