#include "measure/resident_way.h"

#include <algorithm>

#include "evenscore/error.h"
#include "measure/row_range.h"

namespace evenscore::measure {
namespace {

constexpr std::uint64_t kPoison = 0x5a5a5a5a5a5a5a5aULL;

}  // namespace

ResidentWay::ResidentWay(std::unique_ptr<kernels::BenchDevice> device, const BenchRows& rows,
                         const ResultLayout& layout, ReferenceCheck& check, double f64_operations_a_row)
    : device_(std::move(device)),
      layout_(layout),
      check_(check),
      f64_operations_a_row_(f64_operations_a_row),
      rows_(rows.view),
      rows_memory_(device_->device()),
      results_memory_(device_->device()),
      sum_(device_->device()) {
  std::size_t result_words = 0;
  for (;; rows_.count /= 2) {
    if (rows_.count == 0) {
      throw Error(ErrorCode::device_failure, "out of device memory: no row fits",
                  device_->device().description());
    }
    row_bytes_ = static_cast<std::size_t>(rows_.count * rows_.row_stride);
    result_words = std::max(static_cast<std::size_t>(layout.words(rows_.count)), row_bytes_ / 8 + 1);
    rows_memory_.clear();
    results_memory_.clear();
    if (sum_.reserve(sizeof(std::uint64_t)) && rows_memory_.reserve(row_bytes_) &&
        results_memory_.reserve(result_words * 8))
      break;
  }
  rows_.data = rows_memory_.data();
  rows_.space = MemorySpace::device;
  results_ = {reinterpret_cast<std::uint64_t*>(results_memory_.data()), result_words};
  device_->time([&] {
    device_->device().copy_to_device(rows_memory_.data(), rows.view.data, row_bytes_, device_->stream());
  });
  on_host_.assign(result_words, kPoison);
}

std::vector<Limit> ResidentWay::limits() {
  const auto* words = reinterpret_cast<const std::uint64_t*>(rows_.data);
  const auto bytes = static_cast<double>(row_bytes_);
  return {{"device read",
           "bytes",
           [this, words, bytes] {
             auto* sum = reinterpret_cast<std::uint64_t*>(sum_.data());
             return bytes / device_->time([&] { device_->sum(words, row_bytes_ / 8, sum); });
           },
           {}},
          {"device copy",
           "bytes",
           [this, words, bytes] {
             return 2.0 * bytes /
                    device_->time([&] { device_->copy_on_device(results_.data(), words, row_bytes_); });
           },
           {}},
          {"f64 issue",
           "operations",
           [this] {
             double operations = 0.0;
             const double seconds = device_->time([&] { operations = device_->issue_f64(); });
             return operations / seconds;
           },
           {}}};
}

void ResidentWay::score(Engine& engine, std::int64_t rows, std::int64_t batch) {
  for (std::int64_t first = 0; first < rows; first += batch) {
    OutputsView outputs = layout_.view(results_, rows_.count, first);
    outputs.space = MemorySpace::device;
    engine.run(row_range(rows_, first, std::min(batch, rows - first)), outputs, {device_->stream().handle});
  }
}

std::string ResidentWay::difference(Engine& engine, std::int64_t rows, std::int64_t batch) {
  std::fill(on_host_.begin(), on_host_.end(), kPoison);  // nothing of an earlier run may pass
  device_->time([&] {
    device_->device().copy_to_device(results_.data(), on_host_.data(), results_.size_bytes(),
                                     device_->stream());
    score(engine, rows, batch);
    device_->device().copy_to_host(on_host_.data(), results_.data(), results_.size_bytes(),
                                   device_->stream());
  });
  return check_.first_difference(on_host_, rows_.count, rows);
}

TimedRun ResidentWay::run(const std::shared_ptr<Engine>& engine, std::int64_t rows, std::int64_t batch) {
  TimedRun run;
  run.timing.kind = EngineKind::cuda;
  run.timing.description = engine->description();
  run.timing.rows = rows;
  run.timing.batch_rows = batch;
  const auto read = static_cast<double>(rows * rows_.row_stride);
  run.bytes = read + static_cast<double>(rows * layout_.row_bytes());
  run.seconds = [this, engine, rows, batch] { return device_->time([&] { score(*engine, rows, batch); }); };
  run.difference = [this, engine, rows, batch] { return difference(*engine, rows, batch); };
  run.needs = [this, read, bytes = run.bytes, rows] {
    return std::vector<double>{read, bytes, f64_operations_a_row_ * static_cast<double>(rows)};
  };
  return run;
}

}  // namespace evenscore::measure
