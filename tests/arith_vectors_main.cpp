// One program, built by every compiler and optimisation level that must give the same bits.
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/arithmetic_vectors.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const evenscore::engine::VectorReport report = evenscore::engine::check_vectors(text);
  std::printf("%" PRId64 " vectors, %" PRId64 " wrong\n", report.checked, report.wrong);
  if (report.wrong > 0) std::printf("first wrong: %s\n", report.first_wrong.c_str());
  std::printf("hash %016" PRIx64 "\n", evenscore::engine::adversarial_hash());
  return report.checked > 9000 && report.wrong == 0 ? 0 : 1;
}
