#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "evenscore/verify_comparison.h"
#include "verify/probability_bounds.h"
#include "verify/sides.h"

namespace evenscore::verifier {

/// The numbers that a comparison knows.
enum class ComparedOutput : std::uint8_t { decision, proba, log_proba };

/// What every pair of numbers is held to.
struct ScanRules {
  VerifyMode mode = VerifyMode::bitwise;
  Tolerances tolerances = {};
  ProbabilityBounds bounds;  ///< copied for each block
};

/// A pair whose bits differ, and what the mode says of it.
struct FoundPair {
  std::int64_t row = 0;     ///< of the batch
  std::int64_t column = 0;  ///< of the output
  double a = 0.0, b = 0.0;
  std::optional<std::uint64_t> ulp;  ///< none for NaN and infinities
  std::optional<Interval> allowed;   ///< where the bounds let b be
  bool accepted = false;
};

/// The numbers of one output of two sides in one batch. f32 against f64 compares after one rounding to f32.
/// Safe to use from several threads.
class ValueScan {
 public:
  /// All borrowed; `bounds` may be null.
  ValueScan(const ScanRules& rules, ComparedOutput output, std::int64_t rows, const NumbersView& a,
            const NumbersView& b, const BatchBounds* bounds);

  bool is_narrow() const { return narrow_; }  ///< compared as f32
  std::int64_t columns() const { return columns_; }

  /// All rows, in blocks on `threads` threads; 0 = one a hardware thread. `block_tallies` becomes the tally
  /// of each kBlockRows rows.
  ValueTally tally(int threads, std::vector<ValueTally>& block_tallies) const;

  static constexpr std::int64_t kBlockRows = 1024;

  /// Calls `found` with each pair of block `block` whose bits differ, in order.
  void list(std::int64_t block, const std::function<void(const FoundPair&)>& found) const;

 private:
  template <class T, class Visit>
  std::int64_t visit_differing(std::int64_t block, Visit visit) const;
  template <class T>
  ValueTally tally_block(std::int64_t block) const;
  template <class T>
  void convert(const NumbersView& numbers, std::int64_t row, T* values) const;
  template <class T>
  bool accepts(T a, T b, bool equal, bool finite, std::uint64_t ulp,
               const std::optional<Interval>& allowed) const;
  template <class T>
  FoundPair judge(T a, T b, const std::optional<Interval>& allowed) const;
  bool within_tolerance(double a, double b, std::uint64_t ulp) const;
  std::int64_t block_count() const { return (rows_ + kBlockRows - 1) / kBlockRows; }

  const ScanRules& rules_;
  ComparedOutput output_;
  std::int64_t rows_;
  NumbersView a_, b_;
  const BatchBounds* bounds_;
  std::int64_t first_column_, columns_;
  bool narrow_, same_layout_;
};

}  // namespace evenscore::verifier
