#include "batch/task_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace evenscore {
namespace {

std::size_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

struct TaskPool::State {
  std::size_t threads = 1;
  std::vector<std::thread> helpers;
  std::mutex mutex;
  std::condition_variable begun, ended;
  std::uint64_t generation = 0;
  bool is_closing = false;
  std::size_t busy = 0;

  const std::function<void(std::size_t, std::size_t)>* work = nullptr;
  std::size_t pieces = 0;
  std::atomic<std::size_t> next{0};
  std::size_t failed_piece = std::numeric_limits<std::size_t>::max();
  std::exception_ptr failure;

  ~State() {
    {
      const std::lock_guard lock(mutex);
      is_closing = true;
    }
    begun.notify_all();
    for (std::thread& helper : helpers) helper.join();
  }

  void work_through(std::size_t thread) {
    for (;;) {
      const std::size_t piece = next.fetch_add(1);
      if (piece >= pieces) return;
      try {
        (*work)(piece, thread);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (piece < failed_piece) {
          failed_piece = piece;
          failure = std::current_exception();
        }
        next.store(pieces);
      }
    }
  }

  void help(std::size_t thread) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex);
    for (;;) {
      begun.wait(lock, [&] { return is_closing || generation != seen; });
      if (is_closing) return;
      seen = generation;
      lock.unlock();
      work_through(thread);
      lock.lock();
      if (--busy == 0) ended.notify_one();
    }
  }
};

TaskPool::TaskPool(int threads) : state_(std::make_unique<State>()) {
  state_->threads = threads > 0 ? static_cast<std::size_t>(threads) : usable_cores();
}
TaskPool::TaskPool(TaskPool&&) noexcept = default;
TaskPool& TaskPool::operator=(TaskPool&&) noexcept = default;
TaskPool::~TaskPool() = default;

std::size_t TaskPool::threads() const {
  return state_->threads;
}

void TaskPool::run(std::size_t pieces, const std::function<void(std::size_t, std::size_t)>& work) {
  State& state = *state_;
  if (pieces <= 1 || state.threads == 1) {
    for (std::size_t piece = 0; piece < pieces; ++piece) work(piece, 0);
    return;
  }
  while (state.helpers.size() + 1 < state.threads) {
    const std::size_t thread = state.helpers.size() + 1;
    state.helpers.emplace_back([&state, thread] { state.help(thread); });
  }
  {
    const std::lock_guard lock(state.mutex);
    state.work = &work;
    state.pieces = pieces;
    state.next.store(0);
    state.failure = nullptr;
    state.failed_piece = std::numeric_limits<std::size_t>::max();
    state.busy = state.helpers.size();
    ++state.generation;
  }
  state.begun.notify_all();
  state.work_through(0);
  std::unique_lock lock(state.mutex);
  state.ended.wait(lock, [&] { return state.busy == 0; });
  if (state.failure) std::rethrow_exception(state.failure);
}

}  // namespace evenscore
