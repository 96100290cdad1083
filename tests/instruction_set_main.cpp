// The case table on one instruction set against `reference`, without a test framework: for machines that are
// emulated. Prints how many cases had equal bits; exits 1 if one had not.
#include <cstdio>

#include "cases.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/reference.h"
#include "engine_results.h"

int main(int argc, char** argv) {
  using namespace evenscore;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s INSTRUCTION_SET\n", argv[0]);
    return 2;
  }
  int equal = 0;
  int different = 0;
  for (const test::EngineCase& c : test::engine_cases()) {
    const test::CaseData data = test::make_case(c);
    EngineOptions options;
    options.threads = c.threads;
    options.instruction_set = argv[1];
    const auto reference = engine::make_reference(data.program);
    const auto cpu = engine::make_cpu(data.program, options);
    const OutputType type = (equal + different) % 2 == 0 ? OutputType::f64 : OutputType::f32;
    if (test::run(*reference, data, type, 0) == test::run(*cpu, data, type, c.split)) {
      ++equal;
    } else {
      ++different;
      std::printf("different: %s\n", c.name().c_str());
    }
  }
  std::printf("%s: %d cases equal, %d different\n", argv[1], equal, different);
  return different == 0 && equal > 0 ? 0 : 1;
}
