#include "score/scorers.h"

namespace evenscore {

Scorers::Scorers(Engine& engine)
    : engine_(engine), at_once_(static_cast<std::size_t>(engine.concurrent_runs())) {
  for (std::size_t i = 0; at_once_ > 1 && i < at_once_; ++i) {
    threads_.emplace_back([this] {
      while (std::optional<Work> work = waiting_.pop()) run(engine_, std::move(*work));
    });
  }
}

Scorers::~Scorers() {
  waiting_.close();
  for (std::thread& thread : threads_) thread.join();
}

void Scorers::put(Batch& batch) {
  Work work{&batch, {}};
  under_way_.push_back({&batch, work.done.get_future()});
  if (threads_.empty()) return run(engine_, std::move(work));
  waiting_.push(std::move(work));
}

Batch& Scorers::take() {
  UnderWay oldest = std::move(under_way_.front());
  under_way_.pop_front();
  oldest.done.get();
  return *oldest.batch;
}

void Scorers::run(Engine& engine, Work work) {
  try {
    engine.run(work.batch->rows_view(), work.batch->outputs());
    work.done.set_value();
  } catch (...) {
    work.done.set_exception(std::current_exception());
  }
}

}  // namespace evenscore
