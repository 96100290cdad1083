#pragma once

#include <array>
#include <optional>

#include "evenscore/verify.h"
#include "verify/comparison.h"
#include "verify/referee.h"

namespace evenscore::verifier {

/// Lets the referee judge rows on which two sides differ, or that were sampled: which side is nearer to the
/// truth, and whether a bound was exceeded. At most kMostJudged rows. One thread.
class Judgements {
 public:
  static constexpr std::int64_t kMostJudged = 2000;

  /// `sampled`: every row is judged, not only those that differ.
  Judgements(const Pipeline& pipeline, ElementType rows_type, bool sampled);

  /// Rows of a batch with both sides' results; `bounds` as Comparison has them.
  void add(const RowsView& rows, const SideView& a, const SideView& b, const BatchBounds& bounds);

  /// For each output that was judged.
  std::vector<RefereeVerdict> verdicts() const;
  std::int64_t rows() const { return rows_; }

 private:
  void judge_output(std::size_t output, std::int64_t row, const NumbersView& a, const NumbersView& b);
  void check_bounds(std::int64_t row, const SideView& a, const BatchBounds& bounds);

  Referee referee_;
  bool sampled_;
  std::int64_t rows_ = 0;
  std::array<RefereeVerdict, 2> verdicts_;
};

}  // namespace evenscore::verifier
