#include "engine/cuda/open_gpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "evenscore/error.h"

namespace evenscore::engine::cuda {
namespace {

constexpr const char* kUseCpu = "use --device cpu, which gives the same bits";

Error unavailable(int ordinal, const std::string& cause, const std::string& remedy) {
  return Error(ErrorCode::device_unavailable, cause, fmt::format("--device cuda:{}", ordinal), remedy);
}

}  // namespace

std::vector<std::unique_ptr<kernels::Device>> open_gpus(const std::vector<int>& ordinals) {
  const kernels::GpuMachine machine = kernels::find_gpus();
  if (machine.gpus.empty())
    throw Error(ErrorCode::device_unavailable, "no GPU: " + machine.missing, "--device cuda", kUseCpu);
  std::vector<std::unique_ptr<kernels::Device>> devices;
  for (const int ordinal : ordinals) {
    if (ordinal < 0 || static_cast<std::size_t>(ordinal) >= machine.gpus.size()) {
      throw unavailable(
          ordinal,
          fmt::format("there is no such GPU; this machine has {}, counted from 0", machine.gpus.size()),
          "see `evenscore doctor`");
    }
    const kernels::GpuFacts& gpu = machine.gpus[static_cast<std::size_t>(ordinal)];
    if (!kernels::has_code_for(ordinal)) {
      throw unavailable(
          ordinal,
          fmt::format("this build has no code for compute capability {}.{} ({})", gpu.major, gpu.minor,
                      gpu.name),
          fmt::format("build with -DCMAKE_CUDA_ARCHITECTURES={}{}, or {}", gpu.major, gpu.minor, kUseCpu));
    }
    devices.push_back(kernels::open_cuda_device(gpu));
  }
  return devices;
}

std::vector<std::unique_ptr<kernels::Device>> open_all_gpus() {
  std::vector<int> ordinals(std::max<std::size_t>(1, kernels::find_gpus().gpus.size()));
  std::iota(ordinals.begin(), ordinals.end(), 0);
  return open_gpus(ordinals);
}

}  // namespace evenscore::engine::cuda
