#include "engine/cpu/worker_pool.h"

namespace evenscore::engine::cpu {

WorkerPool::WorkerPool(int threads) {
  for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { loop(worker); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerPool::run(Call call) {
  const std::lock_guard turn(turn_);
  {
    const std::lock_guard lock(mutex_);
    call_ = call;
    failure_ = nullptr;
    running_ = static_cast<int>(workers_.size());
    ++generation_;
  }
  start_.notify_all();
  attempt(call, 0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return running_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void WorkerPool::loop(int worker) {
  std::uint64_t seen = 0;
  for (;;) {
    Call call;
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      call = call_;
    }
    attempt(call, worker);
    const std::lock_guard lock(mutex_);
    if (--running_ == 0) done_.notify_one();
  }
}

void WorkerPool::attempt(Call call, int worker) {
  try {
    call.function(call.object, worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

}  // namespace evenscore::engine::cpu
