#include "engine/cpu/cpu_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "engine/canaries.h"
#include "engine/cpu/target.h"
#include "engine/cpu/worker_pool.h"
#include "engine/engine_checks.h"

namespace evenscore::engine {
namespace {

/// What a thread takes at a time: long enough to read straight on, short enough to share out evenly.
constexpr std::int64_t kBytesAtATime = 1 << 20;
constexpr std::int64_t kTurnsAThread = 8;
/// A multiple of every target's group of rows.
constexpr std::int64_t kRowsMultiple = 64;
/// Multiply-adds below which waking threads costs more than they save.
constexpr std::int64_t kWorkWorthThreads = 200'000;

class CpuEngine final : public Engine {
 public:
  CpuEngine(const Program& program, const EngineOptions& options)
      : program_(program),
        packed_(program),
        target_(cpu::choose_target(options.instruction_set)),
        pool_(options.threads > 0 ? options.threads
                                  : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
        scratch_(static_cast<std::size_t>(pool_.threads())) {
    pool_.run([this](int worker) {
      check_arithmetic_of_this_thread();
      scratch_[static_cast<std::size_t>(worker)] =
          cpu::AlignedDoubles(static_cast<std::size_t>(cpu::scratch_size(packed_)));
    });
  }

  void run(const RowsView& rows, const OutputsView& outputs, Stream) override {
    check_views(program_, rows, outputs);
    check_host_memory(rows, outputs);
    const std::lock_guard lock(turn_);
    if (rows.count * work_a_row() < kWorkWorthThreads || pool_.threads() == 1) {
      check_arithmetic_of_this_thread();
      target_.run_rows(packed_, rows, outputs, 0, rows.count, scratch_[0].data());
      return;
    }
    const std::int64_t row_bytes = static_cast<std::int64_t>(element_size(rows.type)) * rows.columns;
    const std::int64_t rows_at_a_time =
        std::min(kBytesAtATime / row_bytes, rows.count / (kTurnsAThread * pool_.threads()));
    const std::int64_t step = (rows_at_a_time / kRowsMultiple + 1) * kRowsMultiple;
    std::atomic<std::int64_t> next{0};
    pool_.run([&](int worker) {
      check_arithmetic_of_this_thread();
      for (;;) {
        const std::int64_t first = next.fetch_add(step, std::memory_order_relaxed);
        if (first >= rows.count) return;
        target_.run_rows(packed_, rows, outputs, first, std::min(first + step, rows.count),
                         scratch_[static_cast<std::size_t>(worker)].data());
      }
    });
  }

  std::string description() const override {
    return fmt::format("cpu: {}, {} thread{}", target_.name, pool_.threads(),
                       pool_.threads() == 1 ? "" : "s");
  }

 private:
  /// Roughly, in multiply-adds: a link costs as much as some tens of them.
  std::int64_t work_a_row() const { return program_.n_scores() * (program_.n_features() + 32); }

  Program program_;
  cpu::PackedProgram packed_;
  const cpu::Target& target_;
  cpu::WorkerPool pool_;
  std::mutex turn_;
  std::vector<cpu::AlignedDoubles> scratch_;
};

}  // namespace

std::unique_ptr<Engine> make_cpu(const Program& program, const EngineOptions& options) {
  return std::make_unique<CpuEngine>(program, options);
}

}  // namespace evenscore::engine
