#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evenscore/verify_comparison.h"
#include "verify/other_software.h"
#include "verify/probability_bounds.h"
#include "verify/sides.h"
#include "verify/value_scan.h"

namespace evenscore::verifier {

struct ComparisonOptions {
  std::string a, b;  ///< names of the sides
  VerifyMode mode = VerifyMode::bitwise;
  Tolerances tolerances = {};
  PredictionRules rules = {};
  std::vector<std::string> class_names;  ///< n_classes of them
  FloatFormat link_format = kBinary64;   ///< in which side b computes probabilities from scores
  /// Called with each row whose label is not certified, in order; may be empty.
  std::function<void(std::int64_t row)> uncertified = {};
  int threads = 0;  ///< 0 = one a hardware thread; never changes a result
};

/// Compares two sides batch by batch in constant memory. Outputs that one side lacks are left out; f32
/// against f64 compares after one rounding to f32. One thread at a time.
class Comparison {
 public:
  explicit Comparison(ComparisonOptions options);

  /// Rows [first_row, first_row + n), in ascending order over calls. Which outputs the sides have must not
  /// change. Without `bounds` nothing is certified, no flip is explained and mode bound accepts equal values
  /// only.
  void add(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
           const BatchBounds* bounds);

  ComparisonResult result() const;

 private:
  static constexpr std::size_t kOutputs = 3;

  struct Found {
    std::vector<Difference> any, rejected;
  };

  void certify(std::int64_t n, const BatchBounds& bounds);
  void add_labels(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
                  const BatchBounds* bounds);
  void add_numbers(ComparedOutput output, std::int64_t first_row, std::int64_t n, const NumbersView& a,
                   const NumbersView& b, const BatchBounds* bounds);
  void list_differences(ComparedOutput output, std::int64_t first_row, std::int64_t n, const ValueScan& scan);
  Difference describe(const FoundPair& pair, std::int64_t row, ComparedOutput output, bool narrow) const;
  std::string label_name(std::int32_t index, const Labels* labels, std::int64_t i) const;

  ComparisonOptions options_;
  ScanRules scan_rules_;
  std::vector<std::uint8_t> certified_;    ///< of the batch at hand
  std::vector<ValueTally> block_tallies_;  ///< of the output at hand
  ComparisonResult totals_;
  std::array<OutputComparison, kOutputs> outputs_;
  Found label_differences_;
  std::array<Found, kOutputs> differences_;
};

/// Merges what was found for other outputs or sides of the same rows: outputs are appended, flips added,
/// differences merged in row order.
void merge(ComparisonResult& into, const ComparisonResult& from);

Verdict verdict_of(const ComparisonResult& result, VerifyMode mode);

}  // namespace evenscore::verifier
