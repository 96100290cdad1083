// libFuzzer's entry point, compiled once for each target with its name.
#include <cstdint>

#include "fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenscore::fuzz::EVENSCORE_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
