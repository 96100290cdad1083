#include "verify/value_scan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "verify/parallel_blocks.h"
#include "verify/ulp.h"

namespace evenscore::verifier {
namespace {

/// Compared at once in a block that differs somewhere.
constexpr std::int64_t kGroupRows = 16;
/// Of evenscore's f32 functions before their one rounding (docs/arithmetic.md, section 3): far less than
/// this.
constexpr double kFloatFunctionError = 0x1p-40;

template <class T>
auto bits(T value) {
  return std::bit_cast<std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>(value);
}

Interval rounded_to_f32(const Interval& x) {
  const double low = x.low - std::fabs(x.low) * kFloatFunctionError;
  const double high = x.high + std::fabs(x.high) * kFloatFunctionError;
  return {static_cast<double>(static_cast<float>(low)), static_cast<double>(static_cast<float>(high)),
          x.allows_nan};
}

bool contains(const Interval& interval, double b) {
  return std::isnan(b) ? interval.allows_nan : interval.low <= b && b <= interval.high;
}

template <class To, class From>
void convert_row(const void* data, std::int64_t first, std::int64_t columns, To* values) {
  const From* from = static_cast<const From*>(data) + first;
  for (std::int64_t c = 0; c < columns; ++c) values[c] = static_cast<To>(from[c]);
}

}  // namespace

ValueScan::ValueScan(const ScanRules& rules, ComparedOutput output, std::int64_t rows, const NumbersView& a,
                     const NumbersView& b, const BatchBounds* bounds)
    : rules_(rules),
      output_(output),
      rows_(rows),
      a_(a),
      b_(b),
      bounds_(bounds),
      first_column_(std::max(a.first_column, b.first_column)),
      columns_(std::min(a.first_column + a.columns, b.first_column + b.columns) - first_column_),
      narrow_(a.type == OutputType::f32 || b.type == OutputType::f32),
      same_layout_(a.type == b.type && a.columns == columns_ && b.columns == columns_) {}

template <class T>
void ValueScan::convert(const NumbersView& numbers, std::int64_t row, T* values) const {
  const std::int64_t first = row * numbers.columns + first_column_ - numbers.first_column;
  numbers.type == OutputType::f64 ? convert_row<T, double>(numbers.data, first, columns_, values)
                                  : convert_row<T, float>(numbers.data, first, columns_, values);
}

template <class T>
bool ValueScan::accepts(T a, T b, bool equal, bool finite, std::uint64_t ulp,
                        const std::optional<Interval>& allowed) const {
  if (rules_.mode == VerifyMode::bitwise) return false;
  if (equal) return true;
  if (rules_.mode == VerifyMode::bound)
    return allowed && !std::isnan(a) && contains(*allowed, static_cast<double>(b));
  return finite && within_tolerance(static_cast<double>(a), static_cast<double>(b), ulp);
}

template <class T>
FoundPair ValueScan::judge(T a, T b, const std::optional<Interval>& allowed) const {
  FoundPair pair;
  pair.a = static_cast<double>(a);
  pair.b = static_cast<double>(b);
  pair.allowed = allowed;
  const bool equal = a == b || (std::isnan(a) && std::isnan(b));
  const bool finite = std::isfinite(a) && std::isfinite(b);
  if (equal || finite) pair.ulp = equal ? 0 : ulp_distance(a, b);
  pair.accepted = accepts(a, b, equal, finite, pair.ulp.value_or(0), allowed);
  return pair;
}

bool ValueScan::within_tolerance(double a, double b, std::uint64_t ulp) const {
  const Tolerances& t = rules_.tolerances;
  if (t.max_ulp && ulp <= *t.max_ulp) return true;
  return (t.rtol || t.atol) && std::fabs(a - b) <= t.atol.value_or(0.0) + t.rtol.value_or(0.0) * std::fabs(b);
}

/// Returns the number of rows whose bits are equal.
template <class T, class Visit>
std::int64_t ValueScan::visit_differing(std::int64_t block, Visit visit) const {
  const std::int64_t first = block * kBlockRows;
  const std::int64_t end = std::min(first + kBlockRows, rows_);
  const auto columns = static_cast<std::size_t>(columns_);
  const auto equal_bits = [&](std::int64_t from, std::int64_t to) {
    const auto row_bytes = columns * sizeof(T);
    const auto skip = static_cast<std::size_t>(from) * row_bytes;
    return same_layout_ && std::memcmp(static_cast<const std::byte*>(a_.data) + skip,
                                       static_cast<const std::byte*>(b_.data) + skip,
                                       static_cast<std::size_t>(to - from) * row_bytes) == 0;
  };
  if (equal_bits(first, end)) return end - first;
  std::optional<ProbabilityBounds> bounds;
  if (bounds_ != nullptr) bounds.emplace(rules_.bounds);
  std::vector<T> room(2 * columns);
  std::int64_t equal = 0;
  for (std::int64_t row = first; row < end; ++row) {
    if ((row - first) % kGroupRows == 0 && equal_bits(row, std::min(row + kGroupRows, end))) {
      equal += std::min(kGroupRows, end - row);
      row += kGroupRows - 1;
      continue;
    }
    const T* a = room.data();
    const T* b = room.data() + columns;
    if (same_layout_) {
      a = static_cast<const T*>(a_.data) + row * columns_;
      b = static_cast<const T*>(b_.data) + row * columns_;
    } else {
      convert(a_, row, room.data());
      convert(b_, row, room.data() + columns);
    }
    bool same = true;
    for (std::int64_t c = 0; c < columns_; ++c) {
      if (bits(a[c]) == bits(b[c])) continue;
      if (same && bounds) {
        const std::int64_t scores = row * rules_.bounds.rules().n_scores;
        bounds->set_row(bounds_->scores + scores, bounds_->bound + scores);
      }
      same = false;
      std::optional<Interval> allowed;
      if (bounds) {
        const auto column = static_cast<std::int32_t>(first_column_ + c);
        allowed = output_ == ComparedOutput::decision ? bounds->decision(column)
                  : output_ == ComparedOutput::proba  ? bounds->proba(column)
                                                      : bounds->log_proba(column);
        if constexpr (std::is_same_v<T, float>) allowed = rounded_to_f32(*allowed);
      }
      visit(row, c, a[c], b[c], allowed);
    }
    equal += same ? 1 : 0;
  }
  return equal;
}

template <class T>
ValueTally ValueScan::tally_block(std::int64_t block) const {
  ValueTally tally;
  std::int64_t differing = 0;
  tally.rows_equal_bits = visit_differing<T>(
      block, [&](std::int64_t, std::int64_t, T a, T b, const std::optional<Interval>& allowed) {
        ++differing;
        const bool equal = a == b || (std::isnan(a) && std::isnan(b));
        const bool finite = std::isfinite(a) && std::isfinite(b);
        const std::uint64_t ulp = finite ? ulp_distance(a, b) : 0;
        if (!accepts(a, b, equal, finite, ulp, allowed)) ++tally.rejected;
        if (allowed && !equal && (std::isnan(a) || !contains(*allowed, static_cast<double>(b))))
          ++tally.out_of_bound;
        if (!equal && !finite) {
          ++(std::isnan(a) || std::isnan(b) ? tally.nan_mismatches : tally.inf_mismatches);
          return;
        }
        tally.max_ulp = std::max(tally.max_ulp, ulp);
        ++tally.ulp_histogram.counts[static_cast<std::size_t>(UlpHistogram::bucket_of(ulp))];
        if (equal) return;
        const double distance = std::fabs(static_cast<double>(a) - static_cast<double>(b));
        const double magnitude = std::fabs(static_cast<double>(b));
        tally.max_abs = std::max(tally.max_abs, distance);
        // The division is slow and seldom finds a new maximum. Rounding is monotone, so none is missed.
        if (distance >= tally.max_rel * magnitude)
          tally.max_rel = std::max(tally.max_rel, distance / magnitude);
      });
  const std::int64_t rows = std::min(kBlockRows, rows_ - block * kBlockRows);
  tally.ulp_histogram.counts[0] += static_cast<std::uint64_t>(rows * columns_ - differing);
  return tally;
}

ValueTally ValueScan::tally(int threads, std::vector<ValueTally>& block_tallies) const {
  transform_blocks(
      block_count(), threads,
      [this](std::int64_t block) { return narrow_ ? tally_block<float>(block) : tally_block<double>(block); },
      block_tallies);
  ValueTally sum;
  for (const ValueTally& block : block_tallies) sum += block;
  return sum;
}

void ValueScan::list(std::int64_t block, const std::function<void(const FoundPair&)>& found) const {
  const auto visit = [&](std::int64_t row, std::int64_t column, auto a, auto b,
                         const std::optional<Interval>& allowed) {
    FoundPair pair = judge(a, b, allowed);
    pair.row = row;
    pair.column = first_column_ + column;
    found(pair);
  };
  narrow_ ? visit_differing<float>(block, visit) : visit_differing<double>(block, visit);
}

}  // namespace evenscore::verifier
