#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evenscore/engine.h"
#include "measure/result_layout.h"

namespace evenscore::measure {

/// What `reference` says about a sample of rows, to hold other engines' results against. The sample is blocks
/// of 256 rows, spread evenly from the first row to the last.
class ReferenceCheck {
 public:
  /// Takes about `sample_rows` rows, all when there are no more.
  ReferenceCheck(const Program& program, const RowsView& rows, const ResultLayout& layout,
                 std::int64_t sample_rows);

  std::int64_t rows() const { return sampled_; }
  /// Of reference, while it made the sample.
  double rows_per_second() const { return rows_per_second_; }

  /// Where results, in the layout for `layout_rows` rows, differ first from reference in the first `rows`;
  /// empty = nowhere.
  std::string first_difference(std::span<std::uint64_t> results, std::int64_t layout_rows, std::int64_t rows);

  /// The same for results that `read` puts into buffers for the `count` rows from `first` on.
  using ReadResults =
      std::function<void(std::int64_t first, std::int64_t count, const OutputsView& destination)>;
  std::string first_difference(const ReadResults& read);

 private:
  struct Block {
    std::int64_t first, count;
    std::vector<std::uint64_t> results;
  };
  ResultLayout layout_;
  std::int64_t sampled_ = 0;
  double rows_per_second_ = 0.0;
  std::vector<Block> blocks_;
};

}  // namespace evenscore::measure
