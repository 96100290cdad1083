#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/cuda/device_buffer.h"
#include "kernels/bench_device.h"
#include "measure/bench_rows.h"
#include "measure/reference_check.h"
#include "measure/timed_run.h"

namespace evenscore::measure {

/// Rows and results in one GPU's memory, and what its memory and arithmetic can do at most.
class ResidentWay {
 public:
  /// Copies as many of the rows as fit. Throws Error (device_failure), also where no row fits.
  ResidentWay(std::unique_ptr<kernels::BenchDevice> device, const BenchRows& rows, const ResultLayout& layout,
              ReferenceCheck& check, double f64_operations_a_row);

  std::int64_t rows() const { return rows_.count; }

  /// "device read", "device copy" and "f64 issue".
  std::vector<Limit> limits();
  /// `rows` rows, `batch` of them a call.
  TimedRun run(const std::shared_ptr<Engine>& engine, std::int64_t rows, std::int64_t batch);

 private:
  void score(Engine& engine, std::int64_t rows, std::int64_t batch);
  std::string difference(Engine& engine, std::int64_t rows, std::int64_t batch);

  std::unique_ptr<kernels::BenchDevice> device_;
  ResultLayout layout_;
  ReferenceCheck& check_;
  double f64_operations_a_row_;
  RowsView rows_;  ///< on the device
  engine::cuda::DeviceBuffer rows_memory_, results_memory_, sum_;
  std::size_t row_bytes_ = 0;
  std::span<std::uint64_t> results_;  ///< on the device; also what the rows are copied to
  std::vector<std::uint64_t> on_host_;
};

}  // namespace evenscore::measure
