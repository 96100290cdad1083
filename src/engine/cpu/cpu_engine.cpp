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

constexpr std::int64_t kRowsAtATime = 512;
/// Below this many input elements, waking threads costs more than they save.
constexpr std::int64_t kElementsWorthThreads = 16384;

class CpuEngine final : public Engine {
 public:
  CpuEngine(const Program& program, int threads)
      : program_(program),
        target_(cpu::choose_target()),
        pool_(threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
        scratch_(static_cast<std::size_t>(pool_.threads()),
                 std::vector<double>(static_cast<std::size_t>(cpu::scratch_size(program_.view())))) {
    pool_.run([](int) { check_arithmetic_of_this_thread(); });
  }

  void run(const RowsView& rows, const OutputsView& outputs, Stream) override {
    check_views(program_, rows, outputs);
    const ProgramView program = program_.view();
    if (rows.count * rows.columns < kElementsWorthThreads) {
      const std::lock_guard lock(caller_scratch_);
      check_arithmetic_of_this_thread();
      target_.run_rows(program, rows, outputs, 0, rows.count, scratch_[0].data());
      return;
    }
    std::atomic<std::int64_t> next{0};
    const std::lock_guard lock(caller_scratch_);
    pool_.run([&](int worker) {
      check_arithmetic_of_this_thread();
      for (;;) {
        const std::int64_t first = next.fetch_add(kRowsAtATime);
        if (first >= rows.count) return;
        target_.run_rows(program, rows, outputs, first, std::min(first + kRowsAtATime, rows.count),
                         scratch_[static_cast<std::size_t>(worker)].data());
      }
    });
  }

  std::string description() const override {
    return fmt::format("cpu: {}, {} thread{}", target_.name, pool_.threads(),
                       pool_.threads() == 1 ? "" : "s");
  }

 private:
  Program program_;
  const cpu::Target& target_;
  cpu::WorkerPool pool_;
  std::mutex caller_scratch_;
  std::vector<std::vector<double>> scratch_;
};

}  // namespace

std::unique_ptr<Engine> make_cpu(const Program& program, int threads) {
  return std::make_unique<CpuEngine>(program, threads);
}

}  // namespace evenscore::engine
