#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "engine/cpu/cpu_engine.h"
#include "engine/cpu/target.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/reference.h"
#include "evenscore/engine.h"
#include "kernels/arithmetic_check.h"

namespace evenscore {
namespace {

EngineAvailability cuda_availability() {
  const kernels::GpuMachine machine = kernels::find_gpus();
  if (machine.gpus.empty()) return {EngineKind::cuda, false, machine.missing};
  const kernels::GpuFacts& first = machine.gpus.front();
  if (!kernels::has_code_for(first.ordinal))
    return {EngineKind::cuda, false,
            fmt::format("no code for compute capability {}.{}", first.major, first.minor)};
  return {EngineKind::cuda, true, fmt::format("{} GPUs; cuda:0 is {}", machine.gpus.size(), first.name)};
}

}  // namespace

std::string_view name_of(EngineKind kind) {
  constexpr std::string_view kNames[] = {"reference", "cpu", "cuda"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<EngineAvailability> available_engines() {
  return {{EngineKind::reference, true, "scalar, 1 thread"},
          {EngineKind::cpu, true,
           fmt::format("{}, {} hardware threads", engine::cpu::choose_target().name,
                       std::thread::hardware_concurrency())},
          cuda_availability()};
}

std::vector<EngineOptions> options_of_each_device(EngineKind kind, const EngineOptions& options) {
  if (kind != EngineKind::cuda) return {options};
  std::vector<int> gpus = options.gpus;
  if (options.all_gpus) {
    gpus.resize(kernels::find_gpus().gpus.size());
    std::iota(gpus.begin(), gpus.end(), 0);
  }
  std::sort(gpus.begin(), gpus.end());
  gpus.erase(std::unique(gpus.begin(), gpus.end()), gpus.end());
  if (gpus.empty()) return {options};
  std::vector<EngineOptions> each(gpus.size(), options);
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    each[i].all_gpus = false;
    each[i].gpus = {gpus[i]};
  }
  return each;
}

std::unique_ptr<Engine> make_engine(EngineKind kind, const Program& program, const EngineOptions& options) {
  switch (kind) {
    case EngineKind::reference:
      return engine::make_reference(program);
    case EngineKind::cpu:
      return engine::make_cpu(program, options);
    default:
      return engine::make_cuda(program, options);
  }
}

}  // namespace evenscore
