#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "evenscore/labels.h"

namespace evenscore {

/// Which rows, of which file or files.
struct RowsOptions {
  std::string dataset;               ///< path in the file; empty = /X, else the only thing that can hold rows
  std::vector<std::string> columns;  ///< names, in the order wanted; empty = all
  bool transpose = false;            ///< the dataset is (features, rows), as MATLAB and Julia write it
  std::vector<std::string> more_files = {};  ///< whose rows follow, in this order; they hold the same columns
  std::int64_t first_row = 0;                ///< rows before it are left out ...
  std::int64_t end_row = -1;                 ///< ... and this row and all behind it; -1 = none
  std::vector<std::string> copies = {};      ///< key columns that RowSource::read_copied reads
  int threads = 0;                           ///< that read and decode, 0 = all
};

/// A key column that is carried from the rows into the output.
struct CopiedColumn {
  std::string name;  ///< without its path
  LabelKind kind = LabelKind::integer;
  ElementType element = ElementType::i64;  ///< of numbers; booleans u8
  std::size_t text_bytes = 0;  ///< of text: bytes of a value, padded with NULs; the longest among the rows

  std::size_t size() const { return kind == LabelKind::string ? text_bytes : element_size(element); }
};

/// One row in the file that holds it.
struct RowPlace {
  std::string path, dataset;
  std::int64_t row = 0;  ///< from the start of that file's rows
};

/// Seconds that all threads together spent reading rows.
struct ReadSeconds {
  double reading = 0.0;   ///< waiting for the file's bytes
  double decoding = 0.0;  ///< undoing filters
  double copying = 0.0;   ///< gathering values into rows

  ReadSeconds& operator+=(const ReadSeconds& more);
};

/// The rows of an HDF5 file: a numeric dataset (rows, features); a table of structures (h5py, PyTables), a
/// group of one-dimensional datasets of one length, or a frame that pandas wrote, with a column for each
/// feature; AnnData's dense /X. Or of an .npy file with numbers in two dimensions, by rows or by columns. Any
/// of evenscore's element types, either byte order, contiguous, compact or chunked, with the filters of
/// codec/chunk_decoder.h; booleans as h5py writes them are u8. libhdf5 only parses, in a confined child
/// process (docs/security.md); rows are read by plain reads and decoded by several threads. Movable; one
/// thread at a time. Errors name the file and the dataset: file_missing, corrupt_file, unsupported (another
/// element type or filter; virtual datasets, external links and raw files, naming the other file; sparse and
/// packed data), bad_request (no such dataset, or several candidates, which it lists), shape_mismatch,
/// limit_exceeded, storage_failure.
class RowSource {
 public:
  static RowSource open(const std::string& path, const RowsOptions& options = {});  ///< path: the first file

  RowSource(RowSource&&) noexcept;
  RowSource& operator=(RowSource&&) noexcept;
  ~RowSource();

  const std::string& path() const;
  const std::string& dataset() const;  ///< path of the dataset or group
  /// Of `read`. Columns of several types are read as the smallest of float32 and float64 that NumPy would
  /// join them in and that holds every value; where there is none, bind() and read() throw unsupported.
  ElementType type() const;
  std::int64_t count() const;                             ///< rows, from the first wanted to the last
  std::int64_t columns() const;                           ///< that `read` writes a row
  const std::vector<std::string>& feature_names() const;  ///< of those columns; empty = the file names none

  /// Puts the columns into a model's order. By name when the model and the file both have names (columns that
  /// the model does not know are left out), else by position. Returns whether names decided. Throws
  /// shape_mismatch naming both counts or the missing names, and for a group whose order nothing gives.
  bool bind(std::int64_t n_features, const std::vector<std::string>& names);

  /// Writes rows [first_row, first_row + n) to `destination`: n x columns() elements of type(), dense,
  /// row-major, native byte order. Throws also corrupt_file when the file changed since it was opened.
  void read(std::int64_t first_row, std::int64_t n, std::byte* destination);

  /// Whether `threads` threads may read at once by read_shared(), which then does what read() does: where all
  /// rows lie in their files as read() gives them, or in chunks that leave room for this. After bind().
  bool share(std::size_t threads);
  /// From several threads, each of which does best to read a run of rows in order.
  void read_shared(std::int64_t first_row, std::int64_t n, std::byte* destination) const;

  /// Rows that a thread does best to read at a time by read_shared(), at least 1: about `target_bytes` of
  /// them, and more where their values lie apart.
  std::int64_t shared_rows(std::size_t target_bytes) const;

  /// Where row `row` of these rows is.
  RowPlace place_of(std::int64_t row) const;

  /// The key columns of RowsOptions::copies, and n values of the one at `index`, dense and native.
  const std::vector<CopiedColumn>& copied() const;
  void read_copied(std::size_t index, std::int64_t first_row, std::int64_t n, std::byte* destination);

  /// How the rows are read and why so, for people: "contiguous: plain reads by 2 threads".
  std::string way() const;
  /// Of all reads so far.
  ReadSeconds seconds() const;

  /// Rows to read at a time, about `target_bytes` of them, at least 1. For a chunked dataset a multiple of
  /// the rows of a chunk, so that each chunk is decoded at once into its place; where one such band exceeds
  /// 96 MiB it is less, and decoded chunks are kept from one read to the next.
  std::int64_t batch_rows(std::size_t target_bytes) const;

 private:
  struct Impl;
  void check_range(std::int64_t first_row, std::int64_t n) const;
  explicit RowSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evenscore
