#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "evenscore/prediction_file.h"
#include "evenscore/program.h"

namespace evenscore::measure {

/// How the wanted results of a run lie in memory: output after output, each from a multiple of 8 bytes.
class ResultLayout {
 public:
  /// Takes label_index, proba, log_proba and decision of `wanted`.
  ResultLayout(const Program& program, const WantedOutputs& wanted, OutputType type);

  /// Bytes that an engine writes for a row.
  std::int64_t row_bytes() const;
  /// Words of memory for the results of `rows` rows.
  std::int64_t words(std::int64_t rows) const;
  /// At most so many rows have room in `words`.
  std::int64_t rows_in(std::int64_t words) const;

  /// The results from row `first` on, in memory for `rows` rows.
  OutputsView view(std::span<std::uint64_t> memory, std::int64_t rows, std::int64_t first) const;

  /// Where the bits of `count` rows of two results differ first: "proba of row 17"; empty = nowhere.
  /// `first_row` is the number of the first of them.
  std::string first_difference(const OutputsView& a, const OutputsView& b, std::int64_t count,
                               std::int64_t first_row) const;

 private:
  OutputType type_;
  std::int64_t label_index_, proba_, log_proba_, decision_;  ///< bytes a row, 0 = not wanted
};

}  // namespace evenscore::measure
