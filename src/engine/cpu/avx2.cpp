#define EVENSCORE_TARGET avx2
#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

bool supported() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

}  // namespace

extern const Target kAvx2;
const Target kAvx2{"avx2", supported, avx2::run_rows};

}  // namespace evenscore::engine::cpu
