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
      rows_(rows.view) {
  rows_.space = MemorySpace::device;
  void* data = nullptr;
  void* results = nullptr;
  for (; data == nullptr || results == nullptr; rows_.count /= 2) {
    device_->free(data);
    device_->free(results);
    if (rows_.count == 0)
      throw Error(ErrorCode::device_failure, "out of device memory: no row fits", device_->description());
    row_bytes_ = static_cast<std::size_t>(rows_.count * rows_.row_stride);
    result_words_ = std::max(static_cast<std::size_t>(layout.words(rows_.count)), row_bytes_ / 8 + 1);
    data = device_->allocate((row_bytes_ + 15) / 16 * 16);
    results = device_->allocate(result_words_ * 8);
    if (data != nullptr && results != nullptr) break;
  }
  rows_.data = static_cast<const std::byte*>(data);
  results_ = {static_cast<std::uint64_t*>(results), result_words_};
  sum_ = static_cast<std::uint64_t*>(device_->allocate(sizeof *sum_));
  if (sum_ == nullptr) throw Error(ErrorCode::device_failure, "out of device memory", device_->description());
  device_->time([&] { device_->copy_to_device(data, rows.view.data, row_bytes_); });
  on_host_.assign(result_words_, kPoison);
}

ResidentWay::~ResidentWay() {
  device_->free(sum_);
  device_->free(results_.data());
  device_->free(const_cast<std::byte*>(rows_.data));
}

std::vector<Limit> ResidentWay::limits() {
  const auto* words = reinterpret_cast<const std::uint64_t*>(rows_.data);
  const auto bytes = static_cast<double>(row_bytes_);
  return {{"device read",
           "bytes",
           [this, words, bytes] {
             return bytes / device_->time([&] { device_->sum(words, row_bytes_ / 8, sum_); });
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
    device_->copy_to_device(results_.data(), on_host_.data(), results_.size_bytes());
    score(engine, rows, batch);
    device_->copy_to_host(on_host_.data(), results_.data(), results_.size_bytes());
  });
  return check_.first_difference(on_host_, rows_.count, rows);
}

TimedRun ResidentWay::run(std::shared_ptr<Engine> engine, std::int64_t rows, std::int64_t batch) {
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
