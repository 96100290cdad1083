#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "batch/row_layout.h"
#include "batch/shared_rows.h"
#include "batch/task_pool.h"
#include "evenscore/rows_file.h"
#include "h5/input_file.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// Reads rows of one dataset of one or two dimensions by plain reads and our own decoders, without libhdf5.
/// Chunks are decoded once where rows are read in order, as long as what is kept of them stays below
/// `most_kept` bytes. Movable; one caller at a time. Errors name the file and the dataset: corrupt_file,
/// storage_failure, and unsupported for a filter.
class StoredRows {
 public:
  /// Rows lie along dimension 1 where `transposed`. Values go to rows of `row_bytes` bytes.
  StoredRows(h5::InputFile input, h5::StoredDataset dataset, bool transposed,
             const std::vector<RowValue>& values, std::size_t row_bytes, std::size_t most_kept);
  StoredRows(StoredRows&&) noexcept;
  StoredRows& operator=(StoredRows&&) noexcept;
  ~StoredRows();

  const h5::StoredDataset& dataset() const;
  std::uint64_t rows() const;
  std::size_t row_bytes() const;
  /// Rows of a chunk, 1 without chunks; bytes of all decoded chunks across one such band, 0 without.
  std::uint64_t band_rows() const;
  std::uint64_t band_bytes() const;

  /// Where the first row lies, where rows lie one after the other as they are read; else nothing.
  std::optional<std::uint64_t> direct_offset() const;

  /// Whether each column takes a read of its own: rows along dimension 1 without chunks.
  bool reads_columns() const;

  /// One independent piece of reading; it is told which thread it runs on.
  using Piece = std::function<void(std::size_t thread)>;

  /// Pieces that may run at once, and others that may when all of these have ended.
  struct Pieces {
    std::vector<Piece> first, then;

    /// Runs them all.
    void run(TaskPool& pool) const;
  };

  /// Adds what writes the values of rows [first, first + n) to `to`; the range is inside the dataset. Pieces
  /// run on threads below `threads`, and must all have ended before the next call.
  void add_pieces(std::uint64_t first, std::uint64_t n, std::byte* to, std::size_t threads, Pieces& pieces);

  /// Whether `threads` threads can read at once by read_shared, and prepares that. False where decoded chunks
  /// would take more than `most_bytes`.
  bool share(std::size_t threads, std::size_t most_bytes);
  /// Writes the values of rows [first, first + n) to `to`. After share(); from several threads, of which each
  /// reads on in order: threads that come to the same chunks decode them together.
  void read_shared(std::uint64_t first, std::uint64_t n, std::byte* to) const;
  /// In place of that where rows have values of other datasets too: adds those of rows [first, first + n),
  /// which end where block_end(first) is, to `band`.
  std::unique_ptr<SharedRows::Part> add_shared(std::uint64_t first, std::uint64_t n, ChunkBand& band) const;
  /// Where the chunks that hold row `row` end; all rows without chunks.
  std::uint64_t block_end(std::uint64_t row) const;

  /// Of all reading that has ended.
  ReadSeconds seconds() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evenscore
