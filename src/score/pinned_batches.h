#pragma once

#include <vector>

#include "evenscore/engine.h"
#include "score/batch.h"

namespace evenscore {

/// Batches whose memory an engine has been told of (Engine::pin) for as long as this lives.
class PinnedBatches {
 public:
  PinnedBatches(Engine& engine, std::vector<Batch>& batches) : engine_(engine) {
    for (Batch& batch : batches) {
      for (const std::span<std::byte> memory : batch.memory()) {
        if (memory.empty()) continue;
        engine_.pin(memory.data(), memory.size());
        pinned_.push_back(memory.data());
      }
    }
  }
  ~PinnedBatches() {
    for (std::byte* memory : pinned_) engine_.unpin(memory);
  }
  PinnedBatches(const PinnedBatches&) = delete;
  PinnedBatches& operator=(const PinnedBatches&) = delete;

 private:
  Engine& engine_;
  std::vector<std::byte*> pinned_;
};

}  // namespace evenscore
