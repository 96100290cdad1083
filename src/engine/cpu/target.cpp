#include "engine/cpu/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "evenscore/arith/score.h"
#include "evenscore/error.h"

namespace evenscore::engine::cpu {

extern const Target kBaseline;
#if defined(EVENSCORE_X86_TARGETS)
extern const Target kAvx2;
extern const Target kAvx512;
#elif defined(EVENSCORE_NEON_TARGET)
extern const Target kNeon;
#endif

std::span<const Target> targets() {
#if defined(EVENSCORE_X86_TARGETS)
  static const std::array<Target, 3> kTargets{kAvx512, kAvx2, kBaseline};
#elif defined(EVENSCORE_NEON_TARGET)
  static const std::array<Target, 2> kTargets{kNeon, kBaseline};
#else
  static const std::array<Target, 1> kTargets{kBaseline};
#endif
  return kTargets;
}

const Target& choose_target(const std::string& name) {
  const char* variable = std::getenv("EVENSCORE_CPU");
  const std::string wanted = !name.empty() ? name : variable != nullptr ? variable : "";
  std::string known;
  for (const Target& target : targets()) {
    if (!target.supported()) continue;
    if (wanted.empty() || target.name == wanted) return target;
    known += (known.empty() ? "" : ", ") + std::string(target.name);
  }
  throw Error(ErrorCode::device_unavailable, fmt::format("this machine has no instruction set '{}'", wanted),
              name.empty() ? "EVENSCORE_CPU" : "--device", fmt::format("it has: {}", known));
}

std::int64_t scratch_size(const PackedProgram& program) {
  const ProgramView& view = program.view();
  return rows_a_block(view) * view.n_scores +
         arith::kLanes * (std::max(view.n_classes, view.n_scores) + arith::kLanes +
                          2 * std::max(program.n_padded(), program.widest()));
}

}  // namespace evenscore::engine::cpu
