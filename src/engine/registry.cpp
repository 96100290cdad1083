#include <fmt/format.h>

#include <thread>

#include "engine/cpu/cpu_engine.h"
#include "engine/cpu/target.h"
#include "engine/reference.h"
#include "evenscore/engine.h"
#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr const char* kNoCuda = "this version of evenscore has no cuda engine yet";

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
          {EngineKind::cuda, false, kNoCuda}};
}

std::unique_ptr<Engine> make_engine(EngineKind kind, const Program& program, const EngineOptions& options) {
  switch (kind) {
    case EngineKind::reference:
      return engine::make_reference(program);
    case EngineKind::cpu:
      return engine::make_cpu(program, options);
    default:
      throw Error(ErrorCode::device_unavailable, kNoCuda, "--device cuda",
                  "use --device cpu, which gives the same bits");
  }
}

}  // namespace evenscore
