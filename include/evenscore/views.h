#pragma once

#include <cstddef>
#include <cstdint>

#include "evenscore/element_type.h"

namespace evenscore {

/// Where a pointer may be dereferenced.
enum class MemorySpace : std::uint8_t { host, device };

/// A matrix of rows to score, owned by the caller. Element (r, c) is at
/// `data + r * row_stride + c * column_stride` bytes; it need not be aligned to its size.
struct RowsView {
  const std::byte* data = nullptr;
  ElementType type = ElementType::f64;
  std::int64_t count = 0;          ///< rows
  std::int64_t columns = 0;        ///< features
  std::int64_t row_stride = 0;     ///< bytes
  std::int64_t column_stride = 0;  ///< bytes
  MemorySpace space = MemorySpace::host;
};

/// What became of a row. Stored as `/status` in a prediction file.
enum class RowStatus : std::uint8_t {
  scored = 0,
  nan_input = 1,         ///< a NaN where scikit-learn raises; the first such column in column order decides
  infinite_input = 2,    ///< an infinity where scikit-learn raises
  score_not_finite = 3,  ///< inputs allowed, but a score overflowed
};

/// Floating-point type of the proba, log_proba and decision buffers.
enum class OutputType : std::uint8_t { f32, f64 };

/// Result buffers, owned by the caller, all optional (null = not wanted), dense and row-major, aligned to
/// their element type, not overlapping the rows or each other. K = program.n_classes. A regressor's
/// predictions are its `decision`; it has no labels. proba and log_proba are for programs with has_proba().
struct OutputsView {
  OutputType type = OutputType::f64;
  std::int32_t* label_index =
      nullptr;                     ///< (count): index into the classes, -1 for a row that cannot be scored
  void* proba = nullptr;           ///< (count, K)
  void* log_proba = nullptr;       ///< (count, K)
  void* decision = nullptr;        ///< (count) for one score, else (count, n_scores)
  std::uint8_t* status = nullptr;  ///< (count): RowStatus
  MemorySpace space = MemorySpace::host;
};

}  // namespace evenscore
