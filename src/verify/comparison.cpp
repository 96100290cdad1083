#include "verify/comparison.h"

#include "evenscore/arith/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "evenscore/arith/label.h"
#include "verify/class_index.h"
#include "verify/ulp.h"

namespace evenscore {

std::string_view name_of(VerifyMode mode) {
  constexpr std::string_view kNames[] = {"bitwise", "bound", "tolerance"};
  return kNames[static_cast<std::size_t>(mode)];
}

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view kNames[] = {"identical", "equal_within_rounding", "within_tolerance",
                                         "different"};
  return kNames[static_cast<std::size_t>(verdict)];
}

int UlpHistogram::bucket_of(std::uint64_t distance) {
  return distance == 0 ? 0 : static_cast<int>(std::bit_width(distance - 1)) + 1;
}
std::uint64_t UlpHistogram::first_of(int bucket) {
  return bucket < 2 ? static_cast<std::uint64_t>(bucket) : (std::uint64_t{1} << (bucket - 2)) + 1;
}
std::uint64_t UlpHistogram::last_of(int bucket) {
  if (bucket < 2) return static_cast<std::uint64_t>(bucket);
  return bucket == kBuckets - 1 ? std::numeric_limits<std::uint64_t>::max()
                                : std::uint64_t{1} << (bucket - 1);
}

namespace verifier {
namespace {

constexpr const char* kOutputNames[] = {"decision", "proba", "log_proba"};
constexpr const char* kPrediction = "prediction";  ///< the decisions of a regressor
/// Compared at once: while all bits are equal, comparing is as fast as memory.
constexpr std::int64_t kBlockRows = 1024;
/// Of evenscore's f32 functions before their one rounding (docs/arithmetic.md, section 3): far less than
/// this.
constexpr double kFloatFunctionError = 0x1p-40;

template <class T>
bool same_bits(T a, T b) {
  return arith::bits_of(a) == arith::bits_of(b);
}

template <class T>
std::string hexadecimal(T value) {
  if constexpr (std::is_same_v<T, float>)
    return fmt::format("0x{:08x}", std::bit_cast<std::uint32_t>(value));
  else
    return fmt::format("0x{:016x}", std::bit_cast<std::uint64_t>(value));
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

template <class T>
void convert(const NumbersView& numbers, std::int64_t row, std::int64_t skip, std::int64_t columns,
             T* values) {
  const std::int64_t first = row * numbers.columns + skip;
  if (numbers.type == OutputType::f64) {
    const double* from = static_cast<const double*>(numbers.data) + first;
    for (std::int64_t c = 0; c < columns; ++c) values[c] = static_cast<T>(from[c]);
  } else {
    const float* from = static_cast<const float*>(numbers.data) + first;
    for (std::int64_t c = 0; c < columns; ++c) values[c] = static_cast<T>(from[c]);
  }
}

void append(std::vector<Difference>& list, const Difference& difference) {
  if (list.size() < ComparisonResult::kDifferencesShown) list.push_back(difference);
}

void merge_differences(std::vector<Difference>& into, const std::vector<Difference>& from) {
  into.insert(into.end(), from.begin(), from.end());
  std::stable_sort(into.begin(), into.end(),
                   [](const Difference& x, const Difference& y) { return x.row < y.row; });
  if (into.size() > ComparisonResult::kDifferencesShown) into.resize(ComparisonResult::kDifferencesShown);
}

}  // namespace

Comparison::Comparison(ComparisonOptions options)
    : options_(std::move(options)), probability_bounds_(options_.rules, options_.link_format) {
  for (std::size_t i = 0; i < kOutputs; ++i) {
    outputs_[i].name = i == 0 && options_.rules.n_classes == 0 ? kPrediction : kOutputNames[i];
    outputs_[i].a = options_.a;
    outputs_[i].b = options_.b;
  }
}

void Comparison::add(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
                     const BatchBounds* bounds) {
  totals_.rows += n;
  add_labels(first_row, n, a, b, bounds);
  add_numbers(0, first_row, n, a.decision, b.decision, bounds);
  add_numbers(1, first_row, n, a.proba, b.proba, bounds);
  add_numbers(2, first_row, n, a.log_proba, b.log_proba, bounds);
}

void Comparison::set_row(const BatchBounds& bounds, std::int64_t i) {
  const std::int64_t first = i * options_.rules.n_scores;
  probability_bounds_.set_row(bounds.scores + first, bounds.bound + first);
}

void Comparison::add_labels(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
                            const BatchBounds* bounds) {
  if (options_.rules.n_classes == 0) return;
  const bool both = a.label_index != nullptr && b.label_index != nullptr;
  if (both) totals_.labels_compared += n;
  const auto bytes = static_cast<std::size_t>(n) * sizeof(std::int32_t);
  if (bounds == nullptr && (!both || std::memcmp(a.label_index, b.label_index, bytes) == 0)) return;
  for (std::int64_t i = 0; i < n; ++i) {
    if (bounds != nullptr) set_row(*bounds, i);
    const bool certified = bounds != nullptr && probability_bounds_.is_certified();
    if (certified) ++totals_.labels_certified;
    if (!certified && options_.uncertified) options_.uncertified(first_row + i);
    if (!both || a.label_index[i] == b.label_index[i]) continue;
    ++totals_.label_flips;
    const bool explained = bounds != nullptr && !certified && a.label_index[i] >= 0 && b.label_index[i] >= 0;
    if (explained) ++totals_.label_flips_explained;
    Difference difference;
    difference.accepted = explained && options_.mode != VerifyMode::bitwise;
    std::vector<Difference>& rejected = label_differences_.rejected;
    if (label_differences_.any.size() == ComparisonResult::kDifferencesShown &&
        (difference.accepted || rejected.size() == ComparisonResult::kDifferencesShown)) {
      continue;
    }
    difference.row = first_row + i;
    difference.output = "label";
    difference.a = options_.a;
    difference.b = options_.b;
    difference.a_value = label_name(a.label_index[i], a.labels, i);
    difference.b_value = label_name(b.label_index[i], b.labels, i);
    append(label_differences_.any, difference);
    if (!difference.accepted) append(rejected, difference);
  }
}

void Comparison::add_numbers(std::size_t output, std::int64_t first_row, std::int64_t n, const NumbersView& a,
                             const NumbersView& b, const BatchBounds* bounds) {
  if (a.data == nullptr || b.data == nullptr) return;
  OutputComparison& totals = outputs_[output];
  totals.rounded = a.type != b.type;
  const bool narrow = a.type == OutputType::f32 || b.type == OutputType::f32;
  totals.type = narrow ? OutputType::f32 : OutputType::f64;
  totals.rows += n;
  narrow ? add_numbers_as<float>(output, first_row, n, a, b, bounds)
         : add_numbers_as<double>(output, first_row, n, a, b, bounds);
}

template <class T>
void Comparison::add_numbers_as(std::size_t output, std::int64_t first_row, std::int64_t n,
                                const NumbersView& a, const NumbersView& b, const BatchBounds* bounds) {
  OutputComparison& totals = outputs_[output];
  const std::int64_t first_column = std::max(a.first_column, b.first_column);
  const std::int64_t end = std::min(a.first_column + a.columns, b.first_column + b.columns);
  const std::int64_t columns = end - first_column;
  totals.values += n * columns;
  const bool same_layout = a.type == b.type && a.columns == columns && b.columns == columns;
  std::vector<T> a_row(static_cast<std::size_t>(columns));
  std::vector<T> b_row(static_cast<std::size_t>(columns));
  for (std::int64_t i = 0; i < n; ++i) {
    if (same_layout && i % kBlockRows == 0) {
      const std::int64_t rows = std::min(kBlockRows, n - i);
      const auto row_bytes = static_cast<std::size_t>(columns) * sizeof(T);
      const auto skip = static_cast<std::size_t>(i) * row_bytes;
      if (std::memcmp(static_cast<const std::byte*>(a.data) + skip,
                      static_cast<const std::byte*>(b.data) + skip,
                      static_cast<std::size_t>(rows) * row_bytes) == 0) {
        totals.rows_equal_bits += rows;
        totals.ulp_histogram.counts[0] += static_cast<std::uint64_t>(rows * columns);
        i += rows - 1;
        continue;
      }
    }
    convert(a, i, first_column - a.first_column, columns, a_row.data());
    convert(b, i, first_column - b.first_column, columns, b_row.data());
    if (std::memcmp(a_row.data(), b_row.data(), a_row.size() * sizeof(T)) == 0) {
      ++totals.rows_equal_bits;
      totals.ulp_histogram.counts[0] += static_cast<std::uint64_t>(columns);
      continue;
    }
    if (bounds != nullptr) set_row(*bounds, i);
    add_row(output, first_row + i, a_row.data(), b_row.data(), first_column, columns, bounds != nullptr);
  }
}

template <class T>
void Comparison::add_row(std::size_t output, std::int64_t row, const T* a_row, const T* b_row,
                         std::int64_t first_column, std::int64_t columns, bool bounded) {
  OutputComparison& totals = outputs_[output];
  Found& found = differences_[output];
  bool listed = false;
  bool listed_rejected = false;
  for (std::int64_t c = 0; c < columns; ++c) {
    const T a = a_row[c];
    const T b = b_row[c];
    if (same_bits(a, b)) {
      ++totals.ulp_histogram.counts[0];
      continue;
    }
    const auto wide_a = static_cast<double>(a);
    const auto wide_b = static_cast<double>(b);
    const bool both_nan = std::isnan(a) && std::isnan(b);
    const bool nan_mismatch = std::isnan(a) != std::isnan(b);
    const bool inf_mismatch = !nan_mismatch && !both_nan && a != b && (std::isinf(a) || std::isinf(b));
    const bool equal = both_nan || a == b;
    std::optional<std::uint64_t> ulp;
    if (nan_mismatch) {
      ++totals.nan_mismatches;
    } else if (inf_mismatch) {
      ++totals.inf_mismatches;
    } else {
      ulp = equal ? 0 : ulp_distance(a, b);
      totals.max_ulp = std::max(totals.max_ulp, *ulp);
      ++totals.ulp_histogram.counts[static_cast<std::size_t>(UlpHistogram::bucket_of(*ulp))];
      if (!equal) {
        const double distance = std::fabs(wide_a - wide_b);
        totals.max_abs = std::max(totals.max_abs, distance);
        totals.max_rel = std::max(totals.max_rel, distance / std::fabs(wide_b));
      }
    }
    std::optional<Interval> allowed;
    if (bounded) {
      allowed = interval(output, static_cast<std::int32_t>(first_column + c));
      if constexpr (std::is_same_v<T, float>) allowed = rounded_to_f32(*allowed);
    }
    const bool in_bound = equal || (allowed && !std::isnan(a) && contains(*allowed, wide_b));
    if (allowed && !in_bound) ++totals.out_of_bound;
    bool accepted = false;
    if (options_.mode == VerifyMode::bound) accepted = in_bound;
    if (options_.mode == VerifyMode::tolerance)
      accepted = equal || (ulp && within_tolerance(wide_a, wide_b, *ulp));
    if (!accepted) ++totals.rejected;

    const bool list = !listed && found.any.size() < ComparisonResult::kDifferencesShown;
    const bool list_rejected =
        !accepted && !listed_rejected && found.rejected.size() < ComparisonResult::kDifferencesShown;
    if (!list && !list_rejected) continue;
    Difference difference{row,
                          totals.name,
                          first_column + c,
                          options_.a,
                          options_.b,
                          fmt::format("{}", a),
                          fmt::format("{}", b),
                          hexadecimal(a),
                          hexadecimal(b),
                          both_nan ? std::nullopt : ulp,
                          std::nullopt,
                          std::nullopt,
                          accepted};
    if (allowed && allowed->low <= allowed->high) {
      difference.low = allowed->low;
      difference.high = allowed->high;
    }
    if (list) found.any.push_back(difference);
    if (list_rejected) found.rejected.push_back(difference);
    listed = listed || list;
    listed_rejected = listed_rejected || list_rejected;
  }
}

Interval Comparison::interval(std::size_t output, std::int32_t column) {
  if (output == 0) return probability_bounds_.decision(column);
  return output == 1 ? probability_bounds_.proba(column) : probability_bounds_.log_proba(column);
}

bool Comparison::within_tolerance(double a, double b, std::uint64_t ulp) const {
  const Tolerances& t = options_.tolerances;
  if (t.max_ulp && ulp <= *t.max_ulp) return true;
  return (t.rtol || t.atol) && std::fabs(a - b) <= t.atol.value_or(0.0) + t.rtol.value_or(0.0) * std::fabs(b);
}

std::string Comparison::label_name(std::int32_t index, const Labels* labels, std::int64_t i) const {
  if (index == kNoLabel) return "none";
  if (index >= 0 && static_cast<std::size_t>(index) < options_.class_names.size()) {
    return options_.class_names[static_cast<std::size_t>(index)];
  }
  if (labels == nullptr) return "no class";
  return fmt::format("{} (no class of the model)", label_text(*labels, static_cast<std::size_t>(i)));
}

ComparisonResult Comparison::result() const {
  ComparisonResult result = totals_;
  result.first_differences = label_differences_.any;
  result.first_rejected = label_differences_.rejected;
  for (std::size_t i = 0; i < kOutputs; ++i) {
    if (outputs_[i].rows > 0) result.outputs.push_back(outputs_[i]);
    merge_differences(result.first_differences, differences_[i].any);
    merge_differences(result.first_rejected, differences_[i].rejected);
  }
  return result;
}

void merge(ComparisonResult& into, const ComparisonResult& from) {
  into.outputs.insert(into.outputs.end(), from.outputs.begin(), from.outputs.end());
  into.rows = std::max(into.rows, from.rows);
  into.labels_compared += from.labels_compared;
  into.label_flips += from.label_flips;
  into.label_flips_explained += from.label_flips_explained;
  into.labels_certified = std::max(into.labels_certified, from.labels_certified);
  merge_differences(into.first_differences, from.first_differences);
  merge_differences(into.first_rejected, from.first_rejected);
}

Verdict verdict_of(const ComparisonResult& result, VerifyMode mode) {
  bool equal_bits = result.label_flips == 0;
  bool rejected = result.label_flips != result.label_flips_explained;
  bool rounded = false;
  for (const OutputComparison& output : result.outputs) {
    equal_bits = equal_bits && output.rows_equal_bits == output.rows;
    rejected = rejected || output.rejected > 0;
    rounded = rounded || output.rounded;
  }
  if (equal_bits) return rounded ? Verdict::equal_within_rounding : Verdict::identical;
  if (rejected || mode == VerifyMode::bitwise) return Verdict::different;
  return mode == VerifyMode::bound ? Verdict::equal_within_rounding : Verdict::within_tolerance;
}

}  // namespace verifier
}  // namespace evenscore
