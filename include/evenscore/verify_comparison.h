#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evenscore/views.h"

namespace evenscore {

/// What two sides must have in common to be accepted.
enum class VerifyMode : std::uint8_t {
  bitwise,    ///< every bit
  bound,      ///< every number within its proven rounding bound, every label flip explained by it
  tolerance,  ///< every number within Tolerances, every label flip explained by the rounding bound
};

/// From best to worst. The last is a refutation.
enum class Verdict : std::uint8_t { identical, equal_within_rounding, within_tolerance, different };

std::string_view name_of(VerifyMode mode);
std::string_view name_of(Verdict verdict);

/// A number passes when it satisfies `max_ulp`, if given, or |a - b| <= atol + rtol |b|, if either is given.
struct Tolerances {
  std::optional<std::uint64_t> max_ulp;
  std::optional<double> rtol;
  std::optional<double> atol;
};

/// Counts of ulp distances: 0, 1, 2, 3-4, 5-8, ... up to 2^64 - 1.
struct UlpHistogram {
  static constexpr int kBuckets = 66;
  std::array<std::uint64_t, kBuckets> counts{};

  static int bucket_of(std::uint64_t distance);
  static std::uint64_t first_of(int bucket);
  static std::uint64_t last_of(int bucket);
};

/// What was found in some rows of one output of two sides: integer sums and maxima alone, so that the tallies
/// of blocks of rows add up to the same in any order. NaN and NaN are 0 ulp apart whatever their bits.
/// `nan_mismatches` and `inf_mismatches` are not in the histogram, max_ulp, max_abs and max_rel.
struct ValueTally {
  std::int64_t rows_equal_bits = 0;
  std::int64_t nan_mismatches = 0;  ///< one is NaN and the other is not
  std::int64_t inf_mismatches = 0;  ///< one is infinite and the other is not that infinity
  std::int64_t out_of_bound = 0;    ///< outside the rounding bound; 0 where no bound is evaluated
  std::int64_t rejected = 0;        ///< by the mode
  std::uint64_t max_ulp = 0;
  double max_abs = 0.0;
  double max_rel = 0.0;  ///< |a - b| / |b|; Inf where b is 0 and a is not
  UlpHistogram ulp_histogram;

  ValueTally& operator+=(const ValueTally& other);
};

/// How one output of two sides compares.
struct OutputComparison : ValueTally {
  std::string name;                   ///< "decision", "proba", "log_proba"; of a regressor "prediction"
  OutputType type = OutputType::f64;  ///< what was compared; f32 also where one side was rounded to it
  bool rounded = false;               ///< an f64 side was rounded once to f32
  std::string a, b;                   ///< the sides
  std::int64_t rows = 0;
  std::int64_t values = 0;
};

/// One value in which two sides differ.
struct Difference {
  std::int64_t row = 0;
  std::string output;  ///< "label", or as OutputComparison::name
  std::int64_t column = 0;
  std::string a, b;                  ///< the sides
  std::string a_value, b_value;      ///< shortest decimal that reads back to the same bits; a label's class
  std::string a_bits, b_bits;        ///< "0x3ff0000000000000"; empty for a label
  std::optional<std::uint64_t> ulp;  ///< none for labels, NaN and infinities
  std::optional<double> low, high;   ///< where rounding allows `b` to be, when that was evaluated
  bool accepted = false;             ///< by the mode
};

/// What the true value says about two sides: it is what the fitted numbers define, computed with MPFR and
/// rounded once.
struct RefereeVerdict {
  std::string output;  ///< "decision", "proba", "prediction"
  std::int64_t values = 0;
  std::int64_t a_nearer = 0, b_nearer = 0;     ///< in ulp; the others are equally far
  std::uint64_t a_max_ulp = 0, b_max_ulp = 0;  ///< from the truth
  std::int64_t bounds_exceeded = 0;            ///< scores of ours further from the truth than their bound
};

/// What a comparison found. Differences are in row order, at most kDifferencesShown, one a row and output.
struct ComparisonResult {
  static constexpr std::size_t kDifferencesShown = 10;

  std::int64_t rows = 0;
  std::vector<OutputComparison> outputs;
  std::int64_t labels_compared = 0;
  std::int64_t label_flips = 0;
  std::int64_t label_flips_explained = 0;  ///< in rows whose label the bounds of the two sides leave open
  std::int64_t labels_certified = 0;       ///< rows where no f64 evaluation can give another label
  std::vector<Difference> first_differences;
  std::vector<Difference> first_rejected;  ///< of those, what the mode does not accept
};

}  // namespace evenscore
