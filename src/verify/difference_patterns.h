#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "verify/comparison.h"

namespace evenscore::verifier {

/// Looks for a simple cause of many differences: rows shifted by one, classes in another order, the
/// probability of the other class, log-odds that differ by a factor of two. Looks at the first 2^20 rows, and
/// says a cause only where nearly all rows that differ fit it. One thread at a time.
class DifferencePatterns {
 public:
  DifferencePatterns(std::string a, std::string b, std::vector<std::string> class_names);

  /// The next `n` rows of both sides.
  void add(std::int64_t n, const SideView& a, const SideView& b);

  /// Sentences; none where the rows fit no pattern.
  std::vector<std::string> causes() const;

 private:
  /// How many rows a pattern could be tried on, and how many fit.
  struct Fit {
    std::int64_t tried = 0, fitting = 0;

    void add(bool fits) {
      ++tried;
      fitting += fits ? 1 : 0;
    }
    bool holds() const;
  };

  void add_numbers(std::int64_t n, const NumbersView& a, const NumbersView& b, bool probabilities);
  void add_row(const double* a, const double* b, bool probabilities);
  void add_shift(const std::vector<double>& a, const std::vector<double>& b);
  void add_labels(std::int64_t n, const std::int32_t* a, const std::int32_t* b);
  std::string order_of_columns() const;
  std::string order_of_labels() const;

  std::string a_, b_;
  std::vector<std::string> class_names_;
  std::int64_t rows_ = 0;
  std::size_t columns_ = 0;
  std::vector<double> last_a_, last_b_;  ///< the row before
  Fit a_is_b_after_, a_is_b_before_;     ///< row i of a is row i + 1 of b; row i - 1
  std::vector<Fit> column_;              ///< of a, times column of b
  Fit complement_, negative_;            ///< one column: b is 1 - a; -a
  Fit half_, twice_;                     ///< log-odds of b over those of a
  std::vector<Fit> label_;               ///< of a, times label of b: rows with that label of a
};

}  // namespace evenscore::verifier
