#include "measure/host_way.h"

#include <algorithm>
#include <chrono>

#include "measure/row_range.h"

namespace evenscore::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kLatencyRows = 4096;
constexpr double kRoundSeconds = 0.25;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

HostWay::HostWay(const BenchRows& rows, const ResultLayout& layout, ReferenceCheck& check)
    : rows_(rows),
      layout_(layout),
      check_(check),
      results_(std::max(static_cast<std::size_t>(layout.words(rows.view.count)), rows.memory.size())) {}

HostWay::~HostWay() {
  if (pinned_by_ == nullptr) return;
  pinned_by_->unpin(results_.data());
  pinned_by_->unpin(const_cast<std::uint64_t*>(rows_.memory.data()));
}

void HostWay::pin(std::shared_ptr<Engine> engine) {
  if (pinned_by_ != nullptr) return;
  pinned_by_ = std::move(engine);
  pinned_by_->pin(const_cast<std::uint64_t*>(rows_.memory.data()), rows_.memory.size() * 8);
  pinned_by_->pin(results_.data(), results_.size() * 8);
}

std::vector<Limit> HostWay::limits(int threads) {
  const auto memory = std::make_shared<MachineLimits>(threads);
  return {{"plain read", "bytes", [this, memory] { return memory->read(rows_.memory).bytes_per_second; }, {}},
          {"plain copy",
           "bytes",
           [this, memory] { return memory->copy(rows_.memory, results_).bytes_per_second; },
           {}}};
}

std::vector<Limit> HostWay::limits(const std::shared_ptr<PinnedCopies>& copies) {
  return {{"copy to device", "bytes", [this, copies] { return copies->to_device(rows_.memory); }, {}},
          {"copy to host",
           "bytes",
           [this, copies] {
             return copies->to_host(
                 std::span(results_).first(static_cast<std::size_t>(layout_.words(rows_.view.count))));
           },
           {}}};
}

TimedRun HostWay::run(EngineKind kind, const std::shared_ptr<Engine>& engine, std::int64_t rows,
                      std::int64_t batch, bool beside_copies) {
  TimedRun run;
  run.timing.kind = kind;
  run.timing.description = engine->description();
  run.timing.rows = rows;
  run.timing.batch_rows = batch;
  const auto read = static_cast<double>(rows * rows_.view.row_stride);
  const auto written = static_cast<double>(rows * layout_.row_bytes());
  run.bytes = read + written;
  run.seconds = [this, engine, rows, batch] {
    const Clock::time_point start = Clock::now();
    score_all(*engine, rows, batch);
    return seconds_since(start);
  };
  run.difference = [this, engine, rows, batch] { return difference(*engine, rows, batch); };
  run.needs = [=] {
    return beside_copies ? std::vector{read, written} : std::vector{read + written, read + written};
  };
  return run;
}

std::int64_t HostWay::rows_for(Engine& engine, std::int64_t batch) {
  score(engine, 0, batch);
  const Clock::time_point start = Clock::now();
  score(engine, 0, batch);
  const double affordable = kRoundSeconds / std::max(1e-9, seconds_since(start));
  const auto calls =
      static_cast<std::int64_t>(std::clamp(affordable, 1.0, 1e12 / static_cast<double>(batch)));
  return std::min(rows_.view.count, calls * batch);
}

Latency HostWay::latency(Engine& engine, std::int64_t batch, double budget) {
  const std::int64_t rows = std::min(rows_.view.count, kLatencyRows);
  std::vector<double> calls;
  const Clock::time_point start = Clock::now();
  for (std::int64_t first = 0;
       calls.size() < 101 || (seconds_since(start) < budget && calls.size() < 100'000);) {
    const Clock::time_point call = Clock::now();
    score(engine, first, batch);
    calls.push_back(seconds_since(call) * 1e6);
    first = first + 2 * batch > rows ? 0 : first + batch;
  }
  return {batch, spread_of(calls).median, static_cast<std::int64_t>(calls.size())};
}

void HostWay::score(Engine& engine, std::int64_t first, std::int64_t count) {
  engine.run(row_range(rows_.view, first, count), layout_.view(results_, rows_.view.count, first));
}

void HostWay::score_all(Engine& engine, std::int64_t rows, std::int64_t batch) {
  for (std::int64_t first = 0; first < rows; first += batch)
    score(engine, first, std::min(batch, rows - first));
}

std::string HostWay::difference(Engine& engine, std::int64_t rows, std::int64_t batch) {
  std::fill(results_.begin(), results_.end(), 0x5a5a5a5a5a5a5a5aULL);  // nothing of an earlier run may pass
  score_all(engine, rows, batch);
  return check_.first_difference(results_, rows_.view.count, rows);
}

}  // namespace evenscore::measure
