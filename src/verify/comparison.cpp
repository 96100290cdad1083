#include "verify/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "evenscore/arith/label.h"
#include "verify/class_index.h"
#include "verify/parallel_blocks.h"

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

ValueTally& ValueTally::operator+=(const ValueTally& other) {
  rows_equal_bits += other.rows_equal_bits;
  nan_mismatches += other.nan_mismatches;
  inf_mismatches += other.inf_mismatches;
  out_of_bound += other.out_of_bound;
  rejected += other.rejected;
  max_ulp = std::max(max_ulp, other.max_ulp);
  max_abs = std::max(max_abs, other.max_abs);
  max_rel = std::max(max_rel, other.max_rel);
  for (std::size_t i = 0; i < ulp_histogram.counts.size(); ++i)
    ulp_histogram.counts[i] += other.ulp_histogram.counts[i];
  return *this;
}

namespace verifier {
namespace {

constexpr const char* kOutputNames[] = {"decision", "proba", "log_proba"};
constexpr const char* kPrediction = "prediction";  ///< the decisions of a regressor
std::string hexadecimal(double value, bool narrow) {
  return narrow ? fmt::format("0x{:08x}", std::bit_cast<std::uint32_t>(static_cast<float>(value)))
                : fmt::format("0x{:016x}", std::bit_cast<std::uint64_t>(value));
}

std::string decimal(double value, bool narrow) {
  return narrow ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
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
    : options_(std::move(options)),
      scan_rules_{options_.mode, options_.tolerances, {options_.rules, options_.link_format}} {
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
  add_numbers(ComparedOutput::decision, first_row, n, a.decision, b.decision, bounds);
  add_numbers(ComparedOutput::proba, first_row, n, a.proba, b.proba, bounds);
  add_numbers(ComparedOutput::log_proba, first_row, n, a.log_proba, b.log_proba, bounds);
}

/// certified_[i] = whether row i of the batch is.
void Comparison::certify(std::int64_t n, const BatchBounds& bounds) {
  constexpr std::int64_t kRows = ValueScan::kBlockRows;
  certified_.resize(static_cast<std::size_t>(n));
  std::vector<std::int64_t> counts;
  transform_blocks((n + kRows - 1) / kRows, options_.threads,
                   [&](std::int64_t block) {
                     ProbabilityBounds row_bounds = scan_rules_.bounds;
                     std::int64_t count = 0;
                     for (std::int64_t i = block * kRows; i < std::min(n, (block + 1) * kRows); ++i) {
                       const std::int64_t scores = i * options_.rules.n_scores;
                       row_bounds.set_row(bounds.scores + scores, bounds.bound + scores);
                       const bool certified = row_bounds.is_certified();
                       certified_[static_cast<std::size_t>(i)] = certified ? 1 : 0;
                       count += certified ? 1 : 0;
                     }
                     return count;
                   },
                   counts);
  totals_.labels_certified += std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

void Comparison::add_labels(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
                            const BatchBounds* bounds) {
  if (options_.rules.n_classes == 0) return;
  const bool both = a.label_index != nullptr && b.label_index != nullptr;
  if (both) totals_.labels_compared += n;
  const auto bytes = static_cast<std::size_t>(n) * sizeof(std::int32_t);
  if (bounds == nullptr && (!both || std::memcmp(a.label_index, b.label_index, bytes) == 0)) return;
  if (bounds != nullptr) certify(n, *bounds);
  for (std::int64_t i = 0; i < n; ++i) {
    const bool certified = bounds != nullptr && certified_[static_cast<std::size_t>(i)] != 0;
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

void Comparison::add_numbers(ComparedOutput output, std::int64_t first_row, std::int64_t n,
                             const NumbersView& a, const NumbersView& b, const BatchBounds* bounds) {
  if (a.data == nullptr || b.data == nullptr) return;
  const ValueScan scan(scan_rules_, output, n, a, b, bounds);
  OutputComparison& totals = outputs_[static_cast<std::size_t>(output)];
  totals.rounded = a.type != b.type;
  totals.type = scan.is_narrow() ? OutputType::f32 : OutputType::f64;
  totals.rows += n;
  totals.values += n * scan.columns();
  totals += scan.tally(options_.threads, block_tallies_);
  list_differences(output, first_row, n, scan);
}

void Comparison::list_differences(ComparedOutput output, std::int64_t first_row, std::int64_t n,
                                  const ValueScan& scan) {
  Found& found = differences_[static_cast<std::size_t>(output)];
  const auto full = [](const std::vector<Difference>& list) {
    return list.size() == ComparisonResult::kDifferencesShown;
  };
  for (std::size_t block = 0; block < block_tallies_.size(); ++block) {
    if (full(found.any) && full(found.rejected)) return;
    const ValueTally& tally = block_tallies_[block];
    const auto first = static_cast<std::int64_t>(block) * ValueScan::kBlockRows;
    const bool differs = tally.rows_equal_bits < std::min(ValueScan::kBlockRows, n - first);
    if (!(differs && !full(found.any)) && !(tally.rejected > 0 && !full(found.rejected))) continue;
    scan.list(static_cast<std::int64_t>(block), [&](const FoundPair& pair) {
      const std::int64_t row = first_row + pair.row;
      const auto listed = [row](const std::vector<Difference>& list) {
        return !list.empty() && list.back().row == row;
      };
      const bool any = !full(found.any) && !listed(found.any);
      const bool rejected = !pair.accepted && !full(found.rejected) && !listed(found.rejected);
      if (!any && !rejected) return;
      const Difference difference = describe(pair, row, output, scan.is_narrow());
      if (any) found.any.push_back(difference);
      if (rejected) found.rejected.push_back(difference);
    });
  }
}

Difference Comparison::describe(const FoundPair& pair, std::int64_t row, ComparedOutput output,
                                bool narrow) const {
  Difference difference{row,
                        outputs_[static_cast<std::size_t>(output)].name,
                        pair.column,
                        options_.a,
                        options_.b,
                        decimal(pair.a, narrow),
                        decimal(pair.b, narrow),
                        hexadecimal(pair.a, narrow),
                        hexadecimal(pair.b, narrow),
                        std::isnan(pair.a) ? std::nullopt : pair.ulp,
                        std::nullopt,
                        std::nullopt,
                        pair.accepted};
  if (pair.allowed && pair.allowed->low <= pair.allowed->high) {
    difference.low = pair.allowed->low;
    difference.high = pair.allowed->high;
  }
  return difference;
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
