#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "evenscore/rows_file.h"
#include "h5/file.h"

namespace evenscore {

/// How rows lie in a file. One per kind of layout; `open_row_layout` finds the one at hand.
class RowLayout {
 public:
  RowLayout() = default;
  RowLayout(const RowLayout&) = delete;
  RowLayout& operator=(const RowLayout&) = delete;
  virtual ~RowLayout() = default;

  std::string path;  ///< of the dataset or group
  ElementType type{};
  std::int64_t rows = 0;
  std::vector<std::string> names;  ///< of all columns; empty = none
  std::int64_t columns = 0;        ///< all of the file's
  bool has_order = true;           ///< false: the columns are known by their names alone
  std::int64_t band_rows = 1;      ///< rows of a chunk
  std::uint64_t band_bytes = 0;    ///< decoded size of a row of chunks

  /// Writes rows [first, first + n) of the columns `order` to `destination`, dense and row-major.
  virtual void read(std::int64_t first, std::int64_t n, const std::vector<std::int64_t>& order,
                    std::byte* destination) = 0;
};

std::unique_ptr<RowLayout> open_row_layout(const h5::File& file, const RowsOptions& options);

/// The rows of an .npy file: numbers in two dimensions. Its columns have no names.
std::unique_ptr<RowLayout> open_npy_layout(const std::string& path, const RowsOptions& options);

}  // namespace evenscore
