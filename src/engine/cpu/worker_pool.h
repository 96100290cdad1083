#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace evenscore::engine::cpu {

/// Threads that are started once and share out each job. The calling thread is worker 0.
class WorkerPool {
 public:
  /// `threads` >= 1, the caller included.
  explicit WorkerPool(int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls job(worker) once on every worker and returns when all are done; rethrows the first exception.
  /// Allocates nothing. Calls from several threads take turns.
  template <class Job>
  void run(const Job& job) {
    run(Call{[](const void* object, int worker) { (*static_cast<const Job*>(object))(worker); }, &job});
  }

 private:
  struct Call {
    void (*function)(const void* object, int worker) = nullptr;
    const void* object = nullptr;
  };

  void run(Call call);
  void loop(int worker);
  void attempt(Call call, int worker);

  std::mutex turn_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  Call call_;
  std::uint64_t generation_ = 0;
  int running_ = 0;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> workers_;
};

}  // namespace evenscore::engine::cpu
