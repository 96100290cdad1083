#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/element_type.h"
#include "evenscore/labels.h"
#include "h5/input_file.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// An array of one or two dimensions that numpy.save wrote (format versions 1.0 to 3.0): integers, floats,
/// booleans, or text of fixed length, either byte order, by rows or by columns. Nothing in it is run. One
/// thread at a time. Errors name the file: corrupt_file (damaged header, truncated, changed since it was
/// opened), unsupported (objects, structures, complex numbers, column order), shape_mismatch (other
/// dimensions), limit_exceeded.
class NpyFile {
 public:
  /// Whether the file begins as numpy.save begins it.
  static bool is_npy(const h5::InputFile& input);
  /// The same; false also for one that cannot be opened.
  static bool is_npy(const std::string& path);

  explicit NpyFile(h5::InputFile input);
  explicit NpyFile(const std::string& path);

  const std::string& path() const { return input_.path(); }
  LabelKind kind() const { return kind_; }
  ElementType element() const { return element_; }  ///< of integers and reals; booleans are u8
  const std::vector<std::uint64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return static_cast<std::int64_t>(shape_[0]); }
  std::int64_t columns() const { return shape_.size() == 1 ? 1 : static_cast<std::int64_t>(shape_[1]); }

  /// Whether one column lies after the other; and how numbers or booleans lie in the file: their dimensions
  /// in the order in which they are stored.
  bool is_by_columns() const { return by_columns_; }
  h5::StoredDataset stored() const;

  /// From now on the array is the transposed one. Needs two dimensions.
  void transpose();

  /// Rows [first, first + n) of numbers or booleans, dense, native byte order.
  void read(std::int64_t first, std::int64_t n, std::byte* destination) const;

  /// Rows [first, first + n) of a column of text, as UTF-8 without the padding.
  std::vector<std::string> read_strings(std::int64_t first, std::int64_t n) const;

 private:
  void parse_header();
  void set_type(const std::string& descr);
  std::vector<std::byte> read_bytes(std::uint64_t offset, std::size_t size) const;
  void read_columns(std::int64_t first, std::int64_t n, std::byte* destination) const;
  void check_range(std::int64_t first, std::int64_t n) const;

  h5::InputFile input_;
  LabelKind kind_ = LabelKind::real;
  ElementType element_ = ElementType::f64;
  bool wide_text_ = false;         ///< four bytes a character
  std::size_t element_bytes_ = 0;  ///< in the file
  bool swapped_ = false;
  bool by_columns_ = false;  ///< one column after the other
  std::vector<std::uint64_t> shape_;
  std::uint64_t data_offset_ = 0;
};

}  // namespace evenscore
