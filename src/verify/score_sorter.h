#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/scratch_folder.h"

namespace evenscore::verifier {

/// Scores with a flag each, in descending order, in bounded memory: what does not fit is sorted in runs that
/// go to temporary files. One thread.
class ScoreSorter {
 public:
  /// `memory_bytes` for the scores that wait to be sorted.
  explicit ScoreSorter(std::size_t memory_bytes);
  ScoreSorter(ScoreSorter&&) noexcept;
  ScoreSorter& operator=(ScoreSorter&&) noexcept;
  ~ScoreSorter();

  /// `score` is no NaN; -0 and 0 are one score. Throws Error (storage_failure) when a run cannot be written.
  void add(double score, bool flag);

  std::int64_t count() const { return count_; }
  std::int64_t flagged() const { return flagged_; }

  /// Calls `use` once for each distinct score, from the highest down, with how many there are with and
  /// without the flag. Throws Error (storage_failure).
  using UseScore = std::function<void(double score, std::int64_t flagged, std::int64_t others)>;
  void descend(const UseScore& use);

 private:
  struct Entry {
    std::uint64_t key;  ///< in the scores' order
    bool flag;
  };
  class Run;

  void sort_waiting();
  void spill();

  std::size_t most_waiting_;
  std::vector<Entry> waiting_;
  std::unique_ptr<ScratchFolder> folder_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::int64_t count_ = 0, flagged_ = 0;
};

}  // namespace evenscore::verifier
