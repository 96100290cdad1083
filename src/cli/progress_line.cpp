#include "cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/grouped_digits.h"
#include "cli/numbers.h"

namespace evenscore::cli {

ProgressLine::ProgressLine(ShowProgress show)
    : shown_(show == ShowProgress::always ||
             (show == ShowProgress::automatic && isatty(STDERR_FILENO) != 0)) {}

ProgressLine::~ProgressLine() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressLine::update(const Progress& progress) {
  const Clock::time_point now = Clock::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(progress.rows_done) / seconds;
  const double left = static_cast<double>(progress.rows_total - progress.rows_done) / std::max(rate, 1.0);
  const double part = static_cast<double>(progress.rows_done) /
                      static_cast<double>(std::max<std::int64_t>(progress.rows_total, 1));
  std::string line = fmt::format("{} of {} rows ({:.0f}%)  {}", grouped(progress.rows_done),
                                 grouped(progress.rows_total), 100.0 * part, rate_text(rate));
  if (progress.bytes_read > 0)
    line += fmt::format("  {}/s", bytes_text(static_cast<double>(progress.bytes_read) / seconds));
  fmt::print(stderr, "\r\x1b[K{}  {} left", line, seconds_text(left));
  std::fflush(stderr);
}

}  // namespace evenscore::cli
