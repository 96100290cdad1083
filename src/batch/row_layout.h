#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "batch/chunk_band.h"
#include "batch/row_moves.h"
#include "codec/chunk_decoder.h"
#include "evenscore/error.h"
#include "evenscore/rows_file.h"
#include "h5/input_file.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// A value of each row that is read, and where it lies in a dataset: field and item inside an element, and
/// the element's position along the other dimension, where there is one.
struct RowValue {
  std::size_t field = 0;
  std::uint64_t item = 0;
  std::uint64_t column = 0;
  std::size_t to = 0;  ///< bytes from the start of the row that is read
  ElementType as{};    ///< numbers are read as this type, which holds every value of the stored one
};

/// What one thread reads with.
struct ReadWorkspace {
  codec::Workspace codec;
  std::vector<std::byte> stored, decoded;
  ReadSeconds seconds;
};

/// The first `bytes` of `buffer`, which grows and never shrinks.
std::span<std::byte> room(std::vector<std::byte>& buffer, std::uint64_t bytes);

/// Where the values of a dataset's rows lie, and how they are had: the dataset is one block, or a grid of
/// chunks, of which those of the same rows are beside each other and make a band. Constant once made; safe
/// from several threads with a workspace each. Errors have no place but for those of `placed`.
struct RowLayout {
  /// Rows lie along dimension 1 where `transposed`. Values go to rows of `row_bytes` bytes.
  RowLayout(h5::InputFile input, h5::StoredDataset dataset, bool transposed,
            const std::vector<RowValue>& values, std::size_t row_bytes);

  h5::InputFile input;
  h5::StoredDataset dataset;
  std::size_t row_axis, row_bytes;
  std::uint64_t rows = 1, columns = 1;              ///< of the dataset
  std::uint64_t block_rows = 1, block_columns = 1;  ///< of a chunk; all of the dataset without chunks
  std::uint64_t grid_columns = 1;                   ///< chunks beside each other
  std::uint64_t row_stride = 0, column_stride = 0;  ///< bytes inside a block
  std::vector<std::vector<RowMove>> moves;          ///< by the blocks beside each other
  std::vector<std::vector<RowMove>> fill_moves;     ///< the same from one element
  std::vector<std::byte> fill;
  std::unique_ptr<codec::ChunkDecoder> decoder;  ///< nothing without chunks
  /// Numbers that are read as they are stored, those of a column next to each other.
  bool is_columns = false;
  bool may_stay_shuffled = false;

  /// Whether the rows of a block lie in it as they are read.
  bool is_whole_row(std::size_t beside) const;
  std::uint64_t chunk_index(std::uint64_t block, std::uint64_t beside) const;
  const h5::StoredChunk& chunk(std::uint64_t block, std::uint64_t beside) const;
  /// Whether it was stored without any filter.
  bool is_unfiltered(const h5::StoredChunk& chunk) const;
  bool stays_shuffled(const h5::StoredChunk& chunk) const;
  /// Blocks beside each other that hold values.
  std::vector<std::size_t> beside_each_other() const;

  void read_bytes(std::uint64_t offset, std::span<std::byte> to, ReadSeconds& seconds) const;
  /// Values of the block `beside` of `n` rows that begin at `from`.
  void move_values(std::size_t beside, const std::byte* from, std::uint64_t n, std::byte* to,
                   ReadSeconds& seconds) const;
  /// The same of a block that was never written.
  void move_fill(std::size_t beside, std::uint64_t n, std::byte* to, ReadSeconds& seconds) const;
  /// Rows [first, first + n) of a dataset without chunks; collect_rows leaves their values in `space`, and
  /// adds to `band` where.
  void read_rows(std::uint64_t first, std::uint64_t n, std::byte* to, ReadWorkspace& space) const;
  void collect_rows(std::uint64_t first, std::uint64_t n, ReadWorkspace& space, ChunkBand& band) const;
  /// Rows [first, first + n) of an unfiltered chunk.
  void read_chunk_rows(const h5::StoredChunk& chunk, std::size_t beside, std::uint64_t first, std::uint64_t n,
                       std::byte* to, ReadWorkspace& space) const;
  void decode(const h5::StoredChunk& chunk, std::span<std::byte> into, ReadWorkspace& space,
              bool leaves_planes = false) const;
  /// Values of the block `beside` from its row `first` on, where all of it lies at `begin`, or of one that
  /// was never written.
  void add_to_band(ChunkBand& band, std::size_t beside, const std::byte* begin, bool is_planes,
                   std::uint64_t first) const;
  void add_fill_to_band(ChunkBand& band, std::size_t beside) const;

  /// `error` with the file, and the dataset and a part of it, unless it has them.
  Error placed(const Error& error, const std::string& part = {}) const;

 private:
  void make_moves(const std::vector<RowValue>& values);
  void collect_columns(std::uint64_t first, std::uint64_t n, ReadWorkspace& space, ChunkBand& band) const;

  std::map<std::uint64_t, std::vector<RowMove>> turned_;  // without chunks: of an element of each column
};

}  // namespace evenscore
