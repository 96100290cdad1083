#pragma once

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "kernels/device.h"
#include "kernels/host_form.h"

namespace evenscore::test {

/// A device that works as late as a GPU may: nothing runs before it must, and then streams take turns at
/// random. What a copy will overwrite is spoilt when the copy is put on its stream, and what it reads is read
/// when it runs. Kernels run in their host form. Each allocation is a heap block of its own.
class LazyDevice final : public kernels::Device {
 public:
  struct Settings {
    kernels::DeviceLimits limits{8, 0, 2, 65536, 65536};
    std::size_t memory_bytes = std::size_t{1} << 40;
    std::uint64_t seed = 1;
    int fails_at_call = -1;  ///< this call of those that may fail, counted from 0, and every one after it
  };
  explicit LazyDevice(const Settings& settings) : settings_(settings), random_(settings.seed) {}
  ~LazyDevice() override {
    if (!memory_.empty() || !streams_.empty() || !events_.empty()) std::terminate();  // something leaked
  }

  int calls() const { return calls_; }
  int launches() const { return launches_; }

  std::string description() const override { return "lazy device"; }
  const kernels::DeviceLimits& limits() const override { return settings_.limits; }
  std::size_t free_bytes() override {
    const std::lock_guard lock(mutex_);
    return settings_.memory_bytes - used_bytes_;
  }
  unsigned failed_canaries() override { return 0; }

  void* allocate(std::size_t bytes) override {
    const std::lock_guard lock(mutex_);
    may_fail("allocate");
    if (bytes > settings_.memory_bytes - used_bytes_) return nullptr;
    used_bytes_ += bytes;
    std::vector<double>& block = memory_.emplace_back((bytes + 7) / 8, -0x1.9p+800);
    return block.data();
  }
  void free(void* memory) noexcept override {
    const std::lock_guard lock(mutex_);
    run_everything();
    for (auto block = memory_.begin(); block != memory_.end(); ++block) {
      if (block->data() != memory) continue;
      used_bytes_ -= std::min(used_bytes_, block->size() * 8);
      memory_.erase(block);
      return;
    }
    std::terminate();
  }
  bool pin(void* memory, std::size_t) override {
    const std::lock_guard lock(mutex_);
    return pinned_.insert(memory).second;
  }
  void unpin(void* memory) noexcept override {
    const std::lock_guard lock(mutex_);
    if (pinned_.erase(memory) == 0) std::terminate();
  }

  kernels::StreamHandle create_stream() override {
    const std::lock_guard lock(mutex_);
    may_fail("create_stream");
    return {&streams_[++last_id_]};
  }
  void destroy_stream(kernels::StreamHandle stream) noexcept override {
    const std::lock_guard lock(mutex_);
    for (auto entry = streams_.begin(); entry != streams_.end(); ++entry) {
      if (&entry->second != stream.handle) continue;
      if (!entry->second.work.empty()) std::terminate();
      streams_.erase(entry);
      return;
    }
    std::terminate();
  }
  kernels::EventHandle create_event() override {
    const std::lock_guard lock(mutex_);
    may_fail("create_event");
    return {&events_[++last_id_]};
  }
  void destroy_event(kernels::EventHandle event) noexcept override {
    const std::lock_guard lock(mutex_);
    for (auto entry = events_.begin(); entry != events_.end(); ++entry) {
      if (&entry->second != event.handle) continue;
      events_.erase(entry);
      return;
    }
    std::terminate();
  }

  void copy_to_device(void* to, const void* from, std::size_t bytes, kernels::StreamHandle stream) override {
    copy(to, from, bytes, stream);
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes, kernels::StreamHandle stream) override {
    copy(to, from, bytes, stream);
  }
  void launch(const kernels::ScoreLaunch& launch, kernels::StreamHandle stream) override {
    const std::lock_guard lock(mutex_);
    may_fail("launch");
    ++launches_;
    of(stream).work.push_back(
        {[this, launch] { kernels::run_on_host(launch, random_()); }, nullptr, 0, launch.scratch});
  }
  void record(kernels::EventHandle event, kernels::StreamHandle stream) override {
    const std::lock_guard lock(mutex_);
    may_fail("record");
    Event& e = of(event);
    e.wanted = ++last_mark_;
    put(stream, [&e, mark = e.wanted] { e.reached = std::max(e.reached, mark); });
  }
  void wait(kernels::StreamHandle stream, kernels::EventHandle event) override {
    const std::lock_guard lock(mutex_);
    may_fail("wait");
    of(stream).work.push_back({{}, &of(event), of(event).wanted, nullptr});
  }
  void synchronize(kernels::EventHandle event) override {
    const std::lock_guard lock(mutex_);
    may_fail("synchronize");
    while (of(event).reached < of(event).wanted) run_something();
  }
  void synchronize(kernels::StreamHandle stream) override {
    const std::lock_guard lock(mutex_);
    while (!of(stream).work.empty()) run_something();
    may_fail("synchronize");
  }

 private:
  struct Event {
    std::uint64_t wanted = 0, reached = 0;
  };
  struct Work {
    std::function<void()> run;
    const Event* after = nullptr;  ///< a wait: until it has reached `mark`
    std::uint64_t mark = 0;
    const void* scratch = nullptr;  ///< a launch: the memory that it has for itself
  };
  struct StreamState {
    std::deque<Work> work;
  };

  static StreamState& of(kernels::StreamHandle stream) { return *static_cast<StreamState*>(stream.handle); }
  static Event& of(kernels::EventHandle event) { return *static_cast<Event*>(event.handle); }

  void may_fail(const char* call) {
    const int index = calls_++;
    if (settings_.fails_at_call >= 0 && index >= settings_.fails_at_call)
      throw Error(ErrorCode::device_failure, std::string(call) + " failed, as the test wants it");
  }
  void put(kernels::StreamHandle stream, std::function<void()> run) {
    of(stream).work.push_back({std::move(run), nullptr, 0, nullptr});
  }
  void copy(void* to, const void* from, std::size_t bytes, kernels::StreamHandle stream) {
    const std::lock_guard lock(mutex_);
    may_fail("copy");
    put(stream, [=] { std::memcpy(to, from, bytes); });
    if (bytes > 0 && of(stream).work.size() == 1) std::memset(to, 0x5b, bytes);
  }

  static bool waits(const Work& work) { return work.after != nullptr && work.after->reached < work.mark; }

  /// Launches that nothing keeps from running at once must not share scratch memory.
  void check_scratch() const {
    std::map<const void*, const StreamState*> users;
    for (const auto& [id, stream] : streams_) {
      for (const Work& work : stream.work) {
        if (waits(work)) break;
        if (work.scratch == nullptr) continue;
        if (users.emplace(work.scratch, &stream).first->second != &stream)
          throw std::logic_error("two streams use one scratch memory at once");
      }
    }
  }

  /// One step of a stream that can take one.
  void run_something() {
    check_scratch();
    std::vector<StreamState*> ready;
    for (auto& [id, stream] : streams_) {
      if (stream.work.empty()) continue;
      if (!waits(stream.work.front())) ready.push_back(&stream);
    }
    if (ready.empty()) throw std::logic_error("streams wait for one another");
    StreamState& stream = *ready[random_() % ready.size()];
    const Work work = std::move(stream.work.front());
    stream.work.pop_front();
    if (work.run) work.run();
  }
  void run_everything() {
    for (auto& [id, stream] : streams_) {
      while (!stream.work.empty()) run_something();
    }
  }

  Settings settings_;
  std::mutex mutex_;
  std::mt19937_64 random_;
  int calls_ = 0, launches_ = 0;
  std::uint64_t last_id_ = 0, last_mark_ = 0;
  std::size_t used_bytes_ = 0;
  std::deque<std::vector<double>> memory_;
  std::map<std::uint64_t, StreamState> streams_;
  std::map<std::uint64_t, Event> events_;
  std::set<void*> pinned_;
};

}  // namespace evenscore::test
