#pragma once

#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "evenscore/arith/host_device.h"

#if defined(__FAST_MATH__) && !defined(EVENSCORE_NEGATIVE_CONTROL)
#error "evenscore's arithmetic must not be compiled with -ffast-math (docs/arithmetic.md, section 1)"
#endif
static_assert(FLT_EVAL_METHOD == 0, "x87 excess precision changes results");

/// The operations that P64-v1 is made of (docs/arithmetic.md, section 1): each is one IEEE 754 operation
/// rounded to nearest even, or an operation on bits. On the device every one is an intrinsic that names its
/// rounding, so that nvcc cannot contract, flush or approximate it.
///
/// What is built from them is templates over the number T: double here, and a vector of them in the cpu
/// engine (src/engine/cpu/vector-inl.h), which brings these same operations.
namespace evenscore::arith {

EVENSCORE_HD std::uint64_t bits_of(double x) {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint64_t>(__double_as_longlong(x));
#else
  std::uint64_t b;
  std::memcpy(&b, &x, sizeof b);
  return b;
#endif
}

EVENSCORE_HD std::uint32_t bits_of(float x) {
#if defined(__CUDA_ARCH__)
  return __float_as_uint(x);
#else
  std::uint32_t b;
  std::memcpy(&b, &x, sizeof b);
  return b;
#endif
}

EVENSCORE_HD double double_of(std::uint64_t b) {
#if defined(__CUDA_ARCH__)
  return __longlong_as_double(static_cast<long long>(b));
#else
  double x;
  std::memcpy(&x, &b, sizeof x);
  return x;
#endif
}

EVENSCORE_HD float float_of(std::uint32_t b) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(b);
#else
  float x;
  std::memcpy(&x, &b, sizeof x);
  return x;
#endif
}

EVENSCORE_HD double add(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __dadd_rn(a, b);
#else
  return a + b;
#endif
}

EVENSCORE_HD double sub(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __dsub_rn(a, b);
#else
  return a - b;
#endif
}

EVENSCORE_HD double mul(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

EVENSCORE_HD double div(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __ddiv_rn(a, b);
#else
  return a / b;
#endif
}

EVENSCORE_HD double sqrt(double x) {
#if defined(__CUDA_ARCH__)
  return __dsqrt_rn(x);
#else
  return __builtin_sqrt(x);
#endif
}

/// a * b + c with one rounding. Without an FMA instruction this is libm's exact, slower fma.
EVENSCORE_HD double fma(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
  return __fma_rn(a, b, c);
#else
  return __builtin_fma(a, b, c);
#endif
}

/// Rounds to f32, to nearest even; denormals are kept.
EVENSCORE_HD float narrow(double x) {
#if defined(__CUDA_ARCH__)
  return __double2float_rn(x);
#else
  return static_cast<float>(x);
#endif
}

/// Exact.
EVENSCORE_HD double widen(float x) {
  return static_cast<double>(x);
}

/// The exact value of an IEEE half-precision number, by integer operations: the same on every device.
EVENSCORE_HD double widen_half(std::uint16_t h) {
  const std::uint64_t sign = static_cast<std::uint64_t>(h >> 15) << 63;
  const std::uint64_t exponent = (h >> 10) & 0x1fU;
  const std::uint64_t fraction = h & 0x3ffU;
  if (exponent == 0) {
    const double magnitude = mul(static_cast<double>(static_cast<int>(fraction)), 0x1p-24);
    return double_of(sign | bits_of(magnitude));
  }
  const std::uint64_t wide = exponent == 31 ? 0x7ffU : exponent + 1008U;
  return double_of(sign | (wide << 52) | (fraction << 42));
}

/// Bit tests rather than isnan(), which value-changing compiler flags may remove.
EVENSCORE_HD bool is_nan(double x) {
  return (bits_of(x) << 1) > 0xffe0000000000000ULL;
}
EVENSCORE_HD bool is_infinite(double x) {
  return (bits_of(x) << 1) == 0xffe0000000000000ULL;
}
EVENSCORE_HD bool is_finite(double x) {
  return (bits_of(x) << 1) < 0xffe0000000000000ULL;
}

/// Every stored NaN has these bits: payloads and signs differ between devices.
EVENSCORE_HD double canonical(double x) {
  return is_nan(x) ? double_of(0x7ff8000000000000ULL) : x;
}
EVENSCORE_HD float canonical(float x) {
  return x != x ? float_of(0x7fc00000U) : x;
}

/// |x| by clearing the sign bit.
EVENSCORE_HD double magnitude(double x) {
  return double_of(bits_of(x) & 0x7fffffffffffffffULL);
}
/// -x by flipping the sign bit.
EVENSCORE_HD double negate(double x) {
  return double_of(bits_of(x) ^ 0x8000000000000000ULL);
}

EVENSCORE_HD double select(bool condition, double yes, double no) {
  return condition ? yes : no;
}
EVENSCORE_HD bool either(bool a, bool b) {
  return a || b;
}

/// The larger of x and the constant c; NaN passes through.
template <class T>
EVENSCORE_HD T at_least(T x, T c) {
  return select(x < c, c, x);
}
/// The smaller of x and the constant c; NaN passes through.
template <class T>
EVENSCORE_HD T at_most(T x, T c) {
  return select(x > c, c, x);
}

}  // namespace evenscore::arith
