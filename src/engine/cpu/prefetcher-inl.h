// Asking for memory ahead of time. Included once per instruction set.
#pragma once

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace evenscore::engine::cpu::EVENSCORE_TARGET {

/// Asks for rows before they are read. One stream in order is not enough: the hardware looks ahead within a
/// page of 4 KiB, so while one span of eight pages is read, the next one is asked for in all its pages by
/// turns.
class Prefetcher {
 public:
  /// Of rows that are read from `start` on. Without `worthwhile` it does nothing: rows lie far apart.
  HWY_INLINE Prefetcher(const std::byte* start, bool worthwhile)
      : next_(reinterpret_cast<std::uintptr_t>(start) + kPages * kPage),
        pending_(worthwhile ? 0 : INT64_MIN / 2) {}

  /// To be told how many bytes of rows were passed.
  HWY_INLINE void advance(std::int64_t bytes) {
    pending_ += bytes;
    while (pending_ >= kPages * kLine) {
      pending_ -= kPages * kLine;
      for (std::uintptr_t page = 0; page < kPages; ++page)
        __builtin_prefetch(reinterpret_cast<const void*>(next_ + page * kPage), 0, 2);
      next_ += kLine;
      if (++lines_ % (kPage / kLine) == 0) next_ += (kPages - 1) * kPage;
    }
  }

 private:
  static constexpr std::int64_t kPages = 8;
  static constexpr std::int64_t kPage = 4096;
  static constexpr std::int64_t kLine = 64;

  std::uintptr_t next_;
  std::int64_t pending_;
  std::int64_t lines_ = 0;
};

}  // namespace evenscore::engine::cpu::EVENSCORE_TARGET
HWY_AFTER_NAMESPACE();
