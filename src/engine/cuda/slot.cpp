#include "engine/cuda/slot.h"

#include "engine/cuda/host_span.h"
#include "engine/cuda/result_buffers.h"

namespace evenscore::engine::cuda {

bool Slot::start(const RowsView& rows, const OutputsView& outputs) {
  const HostSpan span = host_span(rows, packed_);
  const ResultBuffers results(program_, outputs, rows.count);
  if (!rows_.reserve(span.bytes) || !results_.reserve(results.bytes)) return false;
  RowsView on_device = span.rows;
  on_device.data = rows_.data();
  on_device.space = MemorySpace::device;
  OutputsView device_outputs = results.view(program_, outputs, results_.data());
  device_outputs.space = MemorySpace::device;
  kernels::ScoreLaunch launch =
      kernels::plan_score(program_.view(), on_device, device_outputs, device_.limits());
  if (!scratch_.reserve(launch.scratch_bytes)) return false;
  launch.program = device_program_.view();
  launch.scratch = reinterpret_cast<double*>(scratch_.data());

  device_.copy_to_device(rows_.data(), span.data, span.bytes, queue_.stream());
  device_.launch(launch, queue_.stream());
  for (const ResultBuffer& result : results.buffers)
    device_.copy_to_host(result.caller, results_.data() + result.offset, result.bytes, queue_.stream());
  queue_.mark();
  return true;
}

}  // namespace evenscore::engine::cuda
