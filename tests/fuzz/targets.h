#pragma once

#include <cstddef>
#include <span>

namespace evenscore::fuzz {

/// Each takes any bytes. It returns, or throws what no input may cause; a broken promise aborts. libFuzzer
/// runs one of them by `entry.cpp`, the test fuzz_replay all of them over what was found.
void container(std::span<const std::byte> bytes);
void machine(std::span<const std::byte> bytes);
void builder(std::span<const std::byte> bytes);
void xray(std::span<const std::byte> bytes);
void tree(std::span<const std::byte> bytes);
void chunk(std::span<const std::byte> bytes);
void plan(std::span<const std::byte> bytes);
void journal(std::span<const std::byte> bytes);
void rows(std::span<const std::byte> bytes);

/// Aborts when a promise to the caller is broken.
inline void expect(bool kept) {
  if (!kept) __builtin_trap();
}

}  // namespace evenscore::fuzz
