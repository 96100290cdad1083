#define EVENSCORE_TARGET avx2
#include "engine/cpu/rows-inl.h"
#include "engine/cpu/x86_features.h"

namespace evenscore::engine::cpu {

static_assert(HWY_TARGET == HWY_AVX2, "the flags of src/engine/CMakeLists.txt select AVX2");

extern const Target kAvx2;
const Target kAvx2{"avx2", x86_has_avx2, avx2::run_rows};

}  // namespace evenscore::engine::cpu
