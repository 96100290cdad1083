#pragma once

namespace evenscore::engine::cpu {

/// Whether this machine and its operating system have all that avx2.cpp is compiled for, and avx512.cpp.
/// Asked in code that is compiled for any machine.
bool x86_has_avx2();
bool x86_has_avx512();

}  // namespace evenscore::engine::cpu
