#pragma once

#include "evenscore/arith/element.h"
#include "evenscore/views.h"

namespace evenscore::kernels {

/// Input elements of one row, of any type and alignment, as f64.
struct RowElements {
  const std::byte* row;
  std::int64_t column_stride;
  ElementType type;
  EVENSCORE_HD double operator[](std::int64_t i) const {
    return arith::load_element(type, row + i * column_stride);
  }
};

EVENSCORE_HD RowElements row_elements(const RowsView& rows, std::int64_t row) {
  return {rows.data + row * rows.row_stride, rows.column_stride, rows.type};
}

}  // namespace evenscore::kernels
