#include "engine/cpu/target.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "evenscore/error.h"

namespace evenscore::engine::cpu {

extern const Target kBaseline;
#if defined(EVENSCORE_X86_TARGETS)
extern const Target kAvx2;
extern const Target kAvx512;
#endif

std::span<const Target> targets() {
#if defined(EVENSCORE_X86_TARGETS)
  static const std::array<Target, 3> kTargets{kAvx512, kAvx2, kBaseline};
#else
  static const std::array<Target, 1> kTargets{kBaseline};
#endif
  return kTargets;
}

const Target& choose_target() {
  const char* wanted = std::getenv("EVENSCORE_CPU");
  for (const Target& target : targets()) {
    if (wanted != nullptr && *wanted != '\0' && target.name != wanted) continue;
    if (target.supported()) return target;
  }
  std::string known;
  for (const Target& target : targets()) {
    if (target.supported()) known += (known.empty() ? "" : ", ") + std::string(target.name);
  }
  throw Error(ErrorCode::device_unavailable, fmt::format("this machine has no instruction set '{}'", wanted),
              "EVENSCORE_CPU", fmt::format("it has: {}", known));
}

std::int64_t scratch_size(const ProgramView& program) {
  constexpr std::int64_t kCacheLine = 8;
  return (program.n_scores + program.n_features + kCacheLine) / kCacheLine * kCacheLine;
}

}  // namespace evenscore::engine::cpu
