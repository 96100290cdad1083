#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace evenscore::engine::cpu {

/// Memory for doubles, not initialised, that begins on a cache line: a vector of 64 bytes never lies across
/// two.
class AlignedDoubles {
 public:
  AlignedDoubles() = default;
  explicit AlignedDoubles(std::size_t n)
      : memory_(static_cast<double*>(::operator new(n * sizeof(double), kLine))) {}

  double* data() const { return memory_.get(); }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(double* memory) const { ::operator delete(memory, kLine); }
  };
  std::unique_ptr<double, Free> memory_;
};

}  // namespace evenscore::engine::cpu
