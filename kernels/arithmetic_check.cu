#include "kernels/arithmetic_check.h"

#include "kernels/arithmetic_probe.h"
#include "kernels/current_device.h"
#include "kernels/device_memory.h"

namespace evenscore::kernels {

GpuMachine find_gpus() {
  GpuMachine machine;
  EVENSCORE_CUDA_CHECK(cudaRuntimeGetVersion(&machine.runtime_version));
  EVENSCORE_CUDA_CHECK(cudaDriverGetVersion(&machine.driver_version));
  int count = 0;
  const cudaError_t status =
      machine.driver_version == 0 ? cudaErrorInsufficientDriver : cudaGetDeviceCount(&count);
  if (machine.driver_version == 0) {
    machine.missing = "no NVIDIA driver on this machine";
  } else if (status != cudaSuccess) {
    cudaGetLastError();
    machine.missing = cudaGetErrorString(status);
  } else if (count == 0) {
    machine.missing = "the driver finds no GPU";
  }
  for (int ordinal = 0; ordinal < count; ++ordinal) {
    cudaDeviceProp properties{};
    EVENSCORE_CUDA_CHECK(cudaGetDeviceProperties(&properties, ordinal));
    machine.gpus.push_back({ordinal, properties.name, properties.major, properties.minor,
                            properties.multiProcessorCount, properties.totalGlobalMem});
  }
  return machine;
}

bool has_code_for(int ordinal) {
  const CurrentDevice current(ordinal);
  return probe_code_fits_device();
}

unsigned failed_canaries_on(int ordinal) {
  const CurrentDevice current(ordinal);
  int multiprocessors = 0;
  EVENSCORE_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, ordinal));
  const arith::CanaryInputs host;
  DeviceMemory inputs(ordinal, sizeof host);
  DeviceMemory result(ordinal, sizeof(unsigned));
  inputs.copy_from(&host, sizeof host);
  result.fill_with_zero();
  launch_canaries(inputs.as<arith::CanaryInputs>(), result.as<unsigned>(), 16 * multiprocessors);
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
  unsigned failed = 0;
  result.copy_to(&failed, sizeof failed);
  return failed;
}

void evaluate_on(int ordinal, arith::ProbeFunction function, int n, std::int64_t count, const double* in,
                 std::uint64_t* out) {
  if (count == 0) return;
  const CurrentDevice current(ordinal);
  DeviceMemory inputs(ordinal,
                      static_cast<std::size_t>(count * arith::probe_inputs(function, n)) * sizeof *in);
  DeviceMemory outputs(ordinal,
                       static_cast<std::size_t>(count * arith::probe_outputs(function, n)) * sizeof *out);
  inputs.copy_from(in, inputs.bytes());
  outputs.fill_with_zero();
  launch_probe(function, {inputs.as<double>(), outputs.as<std::uint64_t>(), count, n});
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
  outputs.copy_to(out, outputs.bytes());
}

}  // namespace evenscore::kernels
