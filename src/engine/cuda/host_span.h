#pragma once

#include <cstddef>
#include <vector>

#include "evenscore/views.h"

namespace evenscore::engine::cuda {

/// Rows in host memory as bytes that can be copied at once.
struct HostSpan {
  const std::byte* data;
  std::size_t bytes;
  RowsView rows;  ///< with `data` in place of where they were
};

/// The bytes from the first to the last element of `rows`, where there is little between the elements; else
/// the rows packed into `packed`, one after the other.
HostSpan host_span(const RowsView& rows, std::vector<std::byte>& packed);

}  // namespace evenscore::engine::cuda
