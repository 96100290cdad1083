#define EVENSCORE_TARGET baseline
#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

bool supported() {
  return true;
}

}  // namespace

extern const Target kBaseline;
const Target kBaseline{"baseline", supported, baseline::run_rows};

}  // namespace evenscore::engine::cpu
