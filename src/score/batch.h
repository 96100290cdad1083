#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "evenscore/prediction_file.h"
#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore {

/// One slot of the ring: the rows of a batch and room for their results. Allocated once, used over and over.
/// Room for rows may be less than for results: then they come and go piece by piece.
class Batch {
 public:
  Batch(const Program& program, ElementType type, OutputType output_type, const WantedOutputs& wanted,
        std::int64_t most_rows, const std::vector<CopiedColumn>& copies, std::int64_t most_read_rows = -1);

  std::int64_t first = 0;  ///< row of the file
  std::int64_t count = 0;
  std::vector<std::byte> rows;
  std::vector<std::uint8_t> status;
  std::vector<std::vector<std::byte>> copies;  ///< values of each copied column
  std::vector<BlockHash> row_blocks;           ///< hashes of the blocks that end among these rows

  RowsView rows_view() const { return rows_view(count); }
  RowsView rows_view(std::int64_t n) const;
  OutputsView outputs() { return outputs(0); }
  /// The results of row `from` of the batch and those behind it.
  OutputsView outputs(std::int64_t from);
  /// How many of rows [from, from + n) of the batch could not be scored.
  std::int64_t bad_rows(std::int64_t from, std::int64_t n) const;
  std::vector<const std::byte*> copied() const;
  /// Every buffer that rows_view() and outputs() point into.
  std::vector<std::span<std::byte>> memory();

 private:
  ElementType type_;
  OutputType output_type_;
  std::int64_t columns_, n_proba_, n_scores_;
  std::vector<std::int32_t> label_index_;
  std::vector<std::byte> proba_, log_proba_, decision_;
};

/// Bytes of results a row, as Batch holds them.
std::int64_t result_bytes(const Program& program, OutputType type, const WantedOutputs& wanted);

}  // namespace evenscore
