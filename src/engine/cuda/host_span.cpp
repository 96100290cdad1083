#include "engine/cuda/host_span.h"

#include <cstring>

namespace evenscore::engine::cuda {
namespace {

/// Bytes copied a byte that is needed: packing costs about as much.
constexpr std::int64_t kMostPadding = 4;

void pack(const RowsView& rows, std::int64_t size, std::byte* to) {
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const std::byte* const from = rows.data + row * rows.row_stride;
    for (std::int64_t i = 0; i < rows.columns; ++i, to += size)
      std::memcpy(to, from + i * rows.column_stride, static_cast<std::size_t>(size));
  }
}

}  // namespace

HostSpan host_span(const RowsView& rows, std::vector<std::byte>& packed) {
  const auto size = static_cast<std::int64_t>(element_size(rows.type));
  const std::int64_t dense = rows.count * rows.columns * size;
  const std::int64_t span =
      (rows.count - 1) * rows.row_stride + (rows.columns - 1) * rows.column_stride + size;
  if (rows.row_stride > 0 && rows.column_stride > 0 && span <= kMostPadding * dense)
    return {rows.data, static_cast<std::size_t>(span), rows};
  packed.resize(static_cast<std::size_t>(dense));
  pack(rows, size, packed.data());
  RowsView view = rows;
  view.data = packed.data();
  view.column_stride = size;
  view.row_stride = rows.columns * size;
  return {packed.data(), packed.size(), view};
}

}  // namespace evenscore::engine::cuda
