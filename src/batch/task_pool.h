#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace evenscore {

/// Threads that share out the pieces of one piece of work. They start with the first work that has several
/// pieces. `run` may be called by one thread at a time.
class TaskPool {
 public:
  /// `threads` work at once, the caller of run among them; 0 = as many as this process may use.
  explicit TaskPool(int threads = 0);
  TaskPool(TaskPool&&) noexcept;
  TaskPool& operator=(TaskPool&&) noexcept;
  ~TaskPool();

  /// Threads that `run` uses; its `work` is told which of them it runs on.
  std::size_t threads() const;

  /// Calls work(piece, thread) for each piece below `pieces`, in any order, and returns when all are done.
  /// Rethrows what the first piece that failed threw; pieces behind one that failed may be left out.
  void run(std::size_t pieces, const std::function<void(std::size_t piece, std::size_t thread)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evenscore
