#pragma once

#include <deque>
#include <future>
#include <thread>
#include <vector>

#include "evenscore/engine.h"
#include "score/batch.h"
#include "score/channel.h"

namespace evenscore {

/// Runs an engine over batches, as many at once as it gains by, and gives them back in the order in which
/// they came. One caller.
class Scorers {
 public:
  explicit Scorers(Engine& engine);
  /// Waits for what is under way.
  ~Scorers();
  Scorers(const Scorers&) = delete;
  Scorers& operator=(const Scorers&) = delete;

  /// Whether take() must come before the next put().
  bool full() const { return under_way_.size() >= at_once_; }
  bool empty() const { return under_way_.empty(); }
  /// Scores the batch: at once where the engine does one at a time, else beside the caller.
  void put(Batch& batch);
  /// The oldest batch, scored. Throws what Engine::run threw on it.
  Batch& take();

 private:
  struct Work {
    Batch* batch;
    std::promise<void> done;
  };
  struct UnderWay {
    Batch* batch;
    std::future<void> done;
  };

  static void run(Engine& engine, Work work);

  Engine& engine_;
  std::size_t at_once_;
  Channel<Work> waiting_;
  std::deque<UnderWay> under_way_;
  std::vector<std::thread> threads_;
};

}  // namespace evenscore
