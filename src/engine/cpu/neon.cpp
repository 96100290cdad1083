#define EVENSCORE_TARGET neon
#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

static_assert(HWY_TARGET == HWY_NEON, "every 64-bit ARM has it");

bool supported() {
  return true;
}

}  // namespace

extern const Target kNeon;
const Target kNeon{"neon", supported, neon::run_rows};

}  // namespace evenscore::engine::cpu
