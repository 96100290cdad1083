#include "engine/cuda/resident.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::engine::cuda {

void Resident::run(const RowsView& rows, const OutputsView& outputs, kernels::StreamHandle stream) {
  kernels::ScoreLaunch launch = kernels::plan_score(program_.view(), rows, outputs, device_.limits());
  launch.program = device_program_.view();
  if (launch.scratch_bytes == 0) return device_.launch(launch, stream);
  const std::lock_guard lock(mutex_);
  if (!scratch_.reserve(launch.scratch_bytes)) {
    is_used_ = false;
    throw Error(ErrorCode::device_failure,
                fmt::format("out of device memory: scratch memory of {} bytes is needed, {} bytes are free",
                            launch.scratch_bytes, device_.free_bytes()),
                device_.description(), "score fewer rows a call, or have them in host memory");
  }
  launch.scratch = reinterpret_cast<double*>(scratch_.data());
  if (is_used_) device_.wait(stream, used_.handle());
  device_.launch(launch, stream);
  device_.record(used_.handle(), stream);
  is_used_ = true;
}

}  // namespace evenscore::engine::cuda
