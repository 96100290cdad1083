#pragma once

#include <cstddef>
#include <vector>

#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore::engine::cuda {

/// One wanted output: where it lies in the caller's memory, and in a buffer that holds them all.
struct ResultBuffer {
  void* caller;
  std::size_t offset;
  std::size_t bytes;
};

/// The wanted outputs of `rows` rows, in one buffer.
struct ResultBuffers {
  std::vector<ResultBuffer> buffers;
  std::size_t bytes = 0;

  ResultBuffers(const Program& program, const OutputsView& outputs, std::int64_t rows);

  /// `outputs` with the buffer that starts at `base` in place of the caller's memory.
  OutputsView view(const Program& program, const OutputsView& outputs, std::byte* base) const;
};

/// `outputs` from row `first` on.
OutputsView outputs_from(const Program& program, const OutputsView& outputs, std::int64_t first);

}  // namespace evenscore::engine::cuda
