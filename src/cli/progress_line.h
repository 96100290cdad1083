#pragma once

#include <chrono>
#include <string>

#include "evenscore/score_file.h"

namespace evenscore::cli {

/// When progress is shown.
enum class ShowProgress { automatic, always, never };

/// One line on stderr that rewrites itself: rows, rows/s, GB/s, time left. On a terminal only, unless
/// `always`.
class ProgressLine {
 public:
  explicit ProgressLine(ShowProgress show);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const Progress& progress);

 private:
  using Clock = std::chrono::steady_clock;

  bool shown_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace evenscore::cli
