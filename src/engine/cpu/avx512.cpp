#define EVENSCORE_TARGET avx512
#include "engine/cpu/rows-inl.h"

namespace evenscore::engine::cpu {
namespace {

bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

}  // namespace

extern const Target kAvx512;
const Target kAvx512{"avx512", supported, avx512::run_rows};

}  // namespace evenscore::engine::cpu
