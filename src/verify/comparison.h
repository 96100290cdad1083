#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "evenscore/labels.h"
#include "evenscore/stage.h"
#include "evenscore/verify_comparison.h"
#include "verify/other_software.h"
#include "verify/probability_bounds.h"

namespace evenscore::verifier {

/// One side's numbers for a batch: n x columns, dense, in host memory. Null = this side has none.
struct NumbersView {
  const void* data = nullptr;
  OutputType type = OutputType::f64;
  std::int64_t columns = 0;
  std::int64_t first_column = 0;  ///< of the output; 1 where only the second class's probability is stored
};

/// One side's results for a batch, borrowed.
struct SideView {
  const std::int32_t* label_index = nullptr;  ///< (n): class, kNoLabel or kUnknownLabel
  const Labels* labels = nullptr;             ///< (n): what was stored, to show unknown labels; or null
  NumbersView decision, proba, log_proba;
};

/// Side a's f64 scores z (n x n_scores) and the largest |z - other's z| that rounding explains.
struct BatchBounds {
  const double* scores = nullptr;
  const double* bound = nullptr;
};

struct ComparisonOptions {
  std::string a, b;  ///< names of the sides
  VerifyMode mode = VerifyMode::bitwise;
  Tolerances tolerances = {};
  PredictionRules rules = {};
  std::vector<std::string> class_names;  ///< n_classes of them
  FloatFormat link_format = kBinary64;   ///< in which side b computes probabilities from scores
  /// Called with each row whose label is not certified, in order; may be empty.
  std::function<void(std::int64_t row)> uncertified = {};
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

  void set_row(const BatchBounds& bounds, std::int64_t i);
  void add_labels(std::int64_t first_row, std::int64_t n, const SideView& a, const SideView& b,
                  const BatchBounds* bounds);
  void add_numbers(std::size_t output, std::int64_t first_row, std::int64_t n, const NumbersView& a,
                   const NumbersView& b, const BatchBounds* bounds);
  template <class T>
  void add_numbers_as(std::size_t output, std::int64_t first_row, std::int64_t n, const NumbersView& a,
                      const NumbersView& b, const BatchBounds* bounds);
  template <class T>
  void add_row(std::size_t output, std::int64_t row, const T* a, const T* b, std::int64_t first_column,
               std::int64_t columns, bool bounded);
  Interval interval(std::size_t output, std::int32_t column);
  bool within_tolerance(double a, double b, std::uint64_t ulp) const;
  std::string label_name(std::int32_t index, const Labels* labels, std::int64_t i) const;

  ComparisonOptions options_;
  ProbabilityBounds probability_bounds_;
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
