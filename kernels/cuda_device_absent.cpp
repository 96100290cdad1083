// In place of cuda_device.cu and bench_device.cu where there is no nvcc.
#include "evenscore/error.h"
#include "kernels/bench_device.h"

namespace evenscore::kernels {

std::unique_ptr<Device> open_cuda_device(const GpuFacts&) {
  throw Error(ErrorCode::device_unavailable, find_gpus().missing);
}

std::unique_ptr<BenchDevice> open_bench_device(int) {
  throw Error(ErrorCode::device_unavailable, find_gpus().missing);
}

}  // namespace evenscore::kernels
