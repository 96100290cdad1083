#include "engine/arithmetic_vectors.h"

// The assembler places the file into the program as it is: `doctor` needs no file beside the binary.
asm(".section .rodata\n"
    ".global evenscore_vectors_begin\n"
    "evenscore_vectors_begin:\n"
    ".incbin \"" EVENSCORE_VECTORS
    "\"\n"
    ".global evenscore_vectors_end\n"
    "evenscore_vectors_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char evenscore_vectors_begin[];
extern const char evenscore_vectors_end[];
}

namespace evenscore::engine {

std::string_view built_in_vectors() {
  return {evenscore_vectors_begin, static_cast<std::size_t>(evenscore_vectors_end - evenscore_vectors_begin)};
}

}  // namespace evenscore::engine
