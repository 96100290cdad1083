#define EVENSCORE_TARGET avx512
#include "engine/cpu/rows-inl.h"
#include "engine/cpu/x86_features.h"

namespace evenscore::engine::cpu {

static_assert(HWY_TARGET == HWY_AVX3, "the flags of src/engine/CMakeLists.txt select AVX-512");

extern const Target kAvx512;
const Target kAvx512{"avx512", x86_has_avx512, avx512::run_rows};

}  // namespace evenscore::engine::cpu
