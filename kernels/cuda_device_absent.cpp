// In place of cuda_device.cu where there is no nvcc.
#include "evenscore/error.h"
#include "kernels/device.h"

namespace evenscore::kernels {

std::unique_ptr<Device> open_cuda_device(const GpuFacts&) {
  throw Error(ErrorCode::device_unavailable, find_gpus().missing);
}

}  // namespace evenscore::kernels
