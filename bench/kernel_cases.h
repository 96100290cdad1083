#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench_program.h"
#include "engine/cuda/device_buffer.h"
#include "kernels/bench_device.h"
#include "measure/timed_run.h"

namespace evenscore::benchmarks {

/// Rows of F features, K scores (1 = two classes).
struct KernelShape {
  std::int64_t n_features;
  ElementType type;
  std::int32_t n_scores;

  std::string name() const;  ///< "F16/float32/K1"
};
/// F = 5, 16, 50, 128, 500, 512; f32 and f64; K = 1, 10, 100.
std::vector<KernelShape> kernel_shapes();

/// One GPU with memory for rows, results, and a copy of the rows; label index and f32 probabilities.
class KernelBench {
 public:
  struct Options {
    std::size_t most_bytes = std::size_t{16} << 30;  ///< of all that; never more than 0.8 of what is free
    bool peers = true;        ///< the device is a GPU, and other software's kernels run on it too
    bool flip_a_bit = false;  ///< makes every result wrong, to show that it is found
  };
  KernelBench(std::unique_ptr<kernels::BenchDevice> device, const Options& options);

  /// All schedules of the kernel for this shape, each compared with `reference`; where this build has them
  /// and there is one score, the kernel that keeps no bits. Beside them: a copy on the device, a sum by CUB
  /// over the same rows, and the rate of f64 instructions. Valid until the next call.
  measure::TimedGroup group(const KernelShape& shape);
  /// What its runs are called.
  std::vector<std::string> names(const KernelShape& shape);

  std::string device_name() { return device_->device().description(); }

 private:
  struct Loaded;
  bool has_peers() const;
  bool has_free_order(const Program& program) const;

  std::unique_ptr<kernels::BenchDevice> device_;
  Options options_;
  engine::cuda::DeviceBuffer rows_, results_, sum_, temporary_;
  std::shared_ptr<Loaded> loaded_;
};

}  // namespace evenscore::benchmarks
