#define EVENSCORE_TARGET avx512
#include <hwy/targets.h>

#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

static_assert(HWY_TARGET == HWY_AVX3, "the flags of src/engine/CMakeLists.txt select AVX-512");

bool supported() {
  return (hwy::SupportedTargets() & HWY_AVX3) != 0;
}

}  // namespace

extern const Target kAvx512;
const Target kAvx512{"avx512", supported, avx512::run_rows};

}  // namespace evenscore::engine::cpu
