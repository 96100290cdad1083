#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/fused_layout.h"

namespace evenscore::kernels {

/// A block of a kernel's host form: the threads of each phase run one after the other, in an order that a
/// random number decides anew for each phase; asynchronous copies land as late as they may. What a phase must
/// not rely on then gives other bits, or an error of a sanitizer. One thread runs a block.
class HostBlock {
 public:
  HostBlock(std::int32_t index, std::int32_t count, std::int32_t threads, std::size_t shared_bytes,
            std::uint64_t seed)
      : index_(index), count_(count), order_(static_cast<std::size_t>(threads)), random_(seed) {
    shared_.assign((shared_bytes + sizeof(double) - 1) / sizeof(double), kPoison);
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<int>(i);
  }

  std::int64_t index() const { return index_; }
  std::int64_t count() const { return count_; }
  int threads() const { return static_cast<int>(order_.size()); }
  std::byte* shared() { return reinterpret_cast<std::byte*>(shared_.data()); }

  /// One T a thread: its registers.
  template <class T>
  std::vector<T> per_thread() {
    return std::vector<T>(order_.size());
  }

  template <class Phase>
  void each_thread(Phase phase) {
    shuffle();
    for (const int thread : order_) phase(thread);
  }

  void barrier() {}

  /// Each thread gets what the thread whose index differs by `away` (a power of two below 32, as bits) sends.
  template <int n, class Send, class Receive>
  void exchange(int away, Send send, Receive receive) {
    struct Values {
      double v[n];
    };
    std::vector<Values> sent(order_.size());
    each_thread([&](int thread) { send(thread, sent[static_cast<std::size_t>(thread)].v); });
    each_thread([&](int thread) { receive(thread, sent[static_cast<std::size_t>(thread ^ away)].v); });
  }

  void start_copy(int stage, std::byte* to, const std::byte* from, std::int64_t bytes) {
    Copy& copy = copies_[stage];
    if (copy.bytes != 0) throw std::logic_error("a copy started where one is in flight");
    if (bytes % 16 != 0 || reinterpret_cast<std::uintptr_t>(to) % 16 != 0 ||
        reinterpret_cast<std::uintptr_t>(from) % 16 != 0)
      throw std::logic_error("an asynchronous copy that is not of 16-byte units");
    copy = {to, from, static_cast<std::size_t>(bytes)};
    if (bytes > 0) std::memset(to, 0xff, copy.bytes);
  }

  void wait_copy(int stage) {
    Copy& copy = copies_[stage];
    if (copy.bytes != 0) std::memcpy(copy.to, copy.from, copy.bytes);
    copy = {};
  }

  /// After the kernel's end. A block that ends with a copy in flight has undefined behaviour on the device.
  void finish() const {
    for (const Copy& copy : copies_) {
      if (copy.bytes != 0) throw std::logic_error("the kernel ended with a copy in flight");
    }
  }

 private:
  static constexpr double kPoison = -0x1.a5a5a5a5a5a5ap+700;

  struct Copy {
    std::byte* to = nullptr;
    const std::byte* from = nullptr;
    std::size_t bytes = 0;
  };

  void shuffle() { std::shuffle(order_.begin(), order_.end(), random_); }

  std::int32_t index_, count_;
  std::vector<int> order_;
  std::mt19937_64 random_;
  std::vector<double> shared_;
  Copy copies_[kCopyStages];
};

}  // namespace evenscore::kernels
