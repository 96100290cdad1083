#pragma once

#include <chrono>
#include <memory>
#include <numeric>

#include "kernels/bench_device.h"
#include "support/lazy_device.h"

namespace evenscore::test {

/// A LazyDevice with a clock, for benchmarks that are tried without a GPU. Its figures mean nothing.
class LazyBenchDevice final : public kernels::BenchDevice {
 public:
  explicit LazyBenchDevice(const LazyDevice::Settings& settings = {})
      : device_(settings), stream_(device_.create_stream()) {}
  ~LazyBenchDevice() override { device_.destroy_stream(stream_); }

  kernels::Device& device() override { return device_; }
  kernels::StreamHandle stream() override { return stream_; }

  void copy_on_device(void* to, const void* from, std::size_t bytes) override {
    device_.copy_to_device(to, from, bytes, stream_);
  }
  void sum(const std::uint64_t* words, std::size_t count, std::uint64_t* sum) override {
    *sum = std::accumulate(words, words + count, std::uint64_t{0});
  }
  double issue_f64() override {
    volatile double value = 1.0;
    for (int i = 0; i < 1000; ++i) value = value * 0.5 + 0.5;
    return 1000.0;
  }

  double time(const std::function<void()>& work) override {
    const auto start = std::chrono::steady_clock::now();
    work();
    device_.synchronize(stream_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  LazyDevice device_;
  kernels::StreamHandle stream_;
};

}  // namespace evenscore::test
