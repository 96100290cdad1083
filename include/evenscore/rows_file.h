#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evenscore/element_type.h"

namespace evenscore {

/// Which rows of an HDF5 file.
struct RowsOptions {
  std::string dataset;  ///< path in the file; empty = /X, else the only two-dimensional numeric dataset
  std::vector<std::string> columns;  ///< names, in the order wanted; empty = all
  bool transpose = false;            ///< the dataset is (features, rows), as MATLAB and Julia write it
};

/// The rows of an HDF5 file: a numeric dataset (rows, features), or a group of one-dimensional datasets of
/// one length and type, one a feature; or of an .npy file with numbers in two dimensions, by rows or by
/// columns. Any of evenscore's element types, either byte order, contiguous or chunked, with the filters
/// built into libhdf5; booleans as h5py writes them are u8. Movable; one thread at a time. Errors name the
/// file and the dataset: file_missing, corrupt_file, unsupported (another element type; virtual datasets,
/// external links and raw files, naming the other file), bad_request (no such dataset, or several candidates,
/// which it lists), limit_exceeded, storage_failure.
class RowSource {
 public:
  static RowSource open(const std::string& path, const RowsOptions& options = {});

  RowSource(RowSource&&) noexcept;
  RowSource& operator=(RowSource&&) noexcept;
  ~RowSource();

  const std::string& path() const;
  const std::string& dataset() const;                     ///< path of the dataset or group
  ElementType type() const;                               ///< of `read`
  std::int64_t count() const;                             ///< rows
  std::int64_t columns() const;                           ///< that `read` writes a row
  const std::vector<std::string>& feature_names() const;  ///< of those columns; empty = the file names none

  /// Puts the columns into a model's order. By name when the model and the file both have names (columns that
  /// the model does not know are left out), else by position. Returns whether names decided. Throws
  /// shape_mismatch naming both counts or the missing names, and for a group whose order nothing gives.
  bool bind(std::int64_t n_features, const std::vector<std::string>& names);

  /// Writes rows [first_row, first_row + n) to `destination`: n x columns() elements of type(), dense,
  /// row-major, native byte order. Throws also corrupt_file when the file changed since it was opened.
  void read(std::int64_t first_row, std::int64_t n, std::byte* destination);

  /// Rows to read at a time, about `target_bytes` of them, at least 1. For a chunked dataset a multiple of
  /// the rows of a chunk, so that each chunk is decoded once; only where one such band exceeds 256 MiB it is
  /// less.
  std::int64_t batch_rows(std::size_t target_bytes) const;

 private:
  struct Impl;
  explicit RowSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evenscore
