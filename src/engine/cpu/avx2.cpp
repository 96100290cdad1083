#define EVENSCORE_TARGET avx2
#include <hwy/targets.h>

#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

static_assert(HWY_TARGET == HWY_AVX2, "the flags of src/engine/CMakeLists.txt select AVX2");

bool supported() {
  return (hwy::SupportedTargets() & HWY_AVX2) != 0;
}

}  // namespace

extern const Target kAvx2;
const Target kAvx2{"avx2", supported, avx2::run_rows};

}  // namespace evenscore::engine::cpu
