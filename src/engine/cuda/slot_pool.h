#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "engine/cuda/slot.h"

namespace evenscore::engine::cuda {

/// The slots of all devices, taken in turn: whichever device is done first gets the next chunk. Safe from
/// several threads.
class SlotPool {
 public:
  void add(Slot& slot) {
    free_.push_back(&slot);
    ++in_service_;
  }

  Slot& take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !free_.empty(); });
    return take_first();
  }
  /// Null where none is free.
  Slot* try_take() {
    const std::lock_guard lock(mutex_);
    return free_.empty() ? nullptr : &take_first();
  }
  void give_back(Slot& slot) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(&slot);
    }
    returned_.notify_one();
  }
  /// In place of give_back(): the slot takes no more chunks. False for the last one that does.
  bool retire() {
    const std::lock_guard lock(mutex_);
    if (in_service_ == 1) return false;
    --in_service_;
    return true;
  }

 private:
  Slot& take_first() {
    Slot& slot = *free_.front();
    free_.pop_front();
    return slot;
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  std::deque<Slot*> free_;
  int in_service_ = 0;
};

/// The slots that one call has chunks in. Whatever happens, none of them touches the caller's memory once
/// this is gone.
class ChunksUnderWay {
 public:
  explicit ChunksUnderWay(SlotPool& pool) : pool_(pool) {}
  ~ChunksUnderWay() {
    for (Slot* slot : slots_) {
      slot->abandon();
      pool_.give_back(*slot);
    }
  }
  ChunksUnderWay(const ChunksUnderWay&) = delete;
  ChunksUnderWay& operator=(const ChunksUnderWay&) = delete;

  bool empty() const { return slots_.empty(); }

  /// A slot for the next chunk. Where none is free the oldest chunk of this call is waited for first, so that
  /// calls never wait for one another in a circle.
  Slot& take() {
    Slot* slot = pool_.try_take();
    while (slot == nullptr && !slots_.empty()) {
      finish_oldest();
      slot = pool_.try_take();
    }
    slots_.push_back(slot != nullptr ? slot : &pool_.take());
    return *slots_.back();
  }
  /// The slot that was taken last found no memory; nothing is under way in it. False where it is the last one
  /// in service, and must do with smaller chunks.
  bool retire_last() {
    Slot& slot = *slots_.back();
    slots_.pop_back();
    slot.give_memory_back();
    if (pool_.retire()) return true;
    pool_.give_back(slot);
    return false;
  }
  void finish_oldest() {
    slots_.front()->finish();
    pool_.give_back(*slots_.front());
    slots_.pop_front();
  }

 private:
  SlotPool& pool_;
  std::deque<Slot*> slots_;
};

}  // namespace evenscore::engine::cuda
