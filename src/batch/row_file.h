#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "batch/rows_plan.h"
#include "batch/stored_rows.h"
#include "batch/task_pool.h"
#include "batch/variable_text.h"
#include "evenscore/rows_file.h"
#include "h5/input_file.h"

namespace evenscore {

/// The rows of one file, HDF5 or .npy: a plan made in a confined child process, and plain reads by it.
/// Movable; one thread at a time. Errors name the file.
class RowFile {
 public:
  /// Throws as RowSource::open.
  RowFile(const std::string& path, const RowsOptions& options);

  const std::string& path() const { return input_.path(); }
  const RowsPlan& plan() const { return plan_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(plan_.rows); }
  std::int64_t columns() const { return static_cast<std::int64_t>(plan_.columns.size()); }

  /// The type in which the columns `order` are read together: their own where they have one, else float32 or
  /// float64, whichever is the smallest that NumPy would join them in and that holds every value. Throws
  /// unsupported naming a column that holds no numbers, or two that no type holds.
  ElementType common_type(const std::vector<std::int64_t>& order) const;

  /// The columns that `read` writes, as `type`.
  void choose(const std::vector<std::int64_t>& order, ElementType type);
  /// Writes rows [first, first + n), dense and row-major. Throws corrupt_file also when the file changed.
  void read(std::int64_t first, std::int64_t n, std::byte* to, TaskPool& pool);

  /// Whether `threads` threads may read at once by read_shared, which then does what read does: where rows
  /// lie one after the other as read gives them, or in chunks.
  bool share(std::size_t threads);
  void read_shared(std::int64_t first, std::int64_t n, std::byte* to) const;
  /// Fewer rows at a time cost about as much.
  std::size_t least_shared_rows() const;

  /// The type of RowsOptions::copies[i].
  const h5::StoredField& copied(std::size_t i) const { return plan_.field(plan_.copies[i]); }
  /// Bytes of a value of it among rows [first, end); of text of variable length all are read to find out, and
  /// the longest counts. Throws limit_exceeded where that exceeds VariableText::kLongest.
  std::size_t copied_bytes(std::size_t i, std::int64_t first, std::int64_t end) const;
  /// Of every copied column, in their order and once: the bytes of a value that is read, padded with NULs,
  /// and the end of the rows that are.
  void choose_copied(const std::vector<std::size_t>& bytes, std::int64_t end);
  /// Writes its rows [first, first + n), dense.
  void read_copied(std::size_t i, std::int64_t first, std::int64_t n, std::byte* to, TaskPool& pool);

  /// Rows and decoded bytes of the largest band of chunks among the chosen columns; 1 and 0 without chunks.
  std::uint64_t band_rows() const;
  std::uint64_t band_bytes() const;
  /// How the chosen columns are read, for people.
  std::string way(std::size_t threads) const;
  ReadSeconds seconds() const;

 private:
  void read_parts(std::uint64_t first, std::uint64_t n, std::byte* to) const;
  void read_together(std::uint64_t first, std::uint64_t n, std::byte* to) const;
  StoredRows stored_rows(std::size_t dataset, const std::vector<RowValue>& values, std::size_t row_bytes,
                         std::size_t most_kept) const;

  h5::InputFile input_;
  RowsPlan plan_;
  std::vector<StoredRows> parts_;
  std::size_t value_bytes_ = 0;  // of a value that is read

  /// Values that StoredRows reads, or text of variable length.
  struct CopyReader {
    std::size_t bytes = 0;  // of a value
    std::optional<StoredRows> stored;
    std::optional<VariableText> text;
  };
  std::vector<CopyReader> copies_;
};

}  // namespace evenscore
