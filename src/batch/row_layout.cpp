#include "batch/row_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "batch/npy_file.h"
#include "batch/row_dataset.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::size_t kCacheCap = std::size_t{256} << 20;

template <std::size_t kSize>
void gather_sized(const std::byte* source, std::size_t row_stride, std::size_t column_stride, std::int64_t n,
                  const std::vector<std::int64_t>& order, std::byte* destination) {
  for (std::int64_t row = 0; row < n; ++row) {
    const std::byte* from = source + static_cast<std::size_t>(row) * row_stride;
    for (const std::int64_t column : order) {
      std::memcpy(destination, from + static_cast<std::size_t>(column) * column_stride, kSize);
      destination += kSize;
    }
  }
}

// Element (r, c) of the source is at r * row_stride + order[c] * column_stride bytes.
void gather(std::size_t size, const std::byte* source, std::size_t row_stride, std::size_t column_stride,
            std::int64_t n, const std::vector<std::int64_t>& order, std::byte* destination) {
  const auto sized = size == 1   ? gather_sized<1>
                     : size == 2 ? gather_sized<2>
                     : size == 4 ? gather_sized<4>
                                 : gather_sized<8>;
  sized(source, row_stride, column_stride, n, order, destination);
}

bool is_identity(const std::vector<std::int64_t>& order, std::int64_t columns) {
  if (static_cast<std::int64_t>(order.size()) != columns) return false;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  return h5::checked_product(a, b).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

class MatrixLayout : public RowLayout {
 public:
  MatrixLayout(h5::Dataset dataset, bool transpose)
      : dataset_(std::move(dataset)), row_axis_(transpose ? 1 : 0) {
    const std::size_t column_axis = 1 - row_axis_;
    path = dataset_.path();
    type = dataset_.type()->element;
    rows = static_cast<std::int64_t>(dataset_.shape()[row_axis_]);
    columns = static_cast<std::int64_t>(dataset_.shape()[column_axis]);
    names = find_names(column_axis);
    const std::vector<std::uint64_t>& chunk = dataset_.storage().chunk;
    if (chunk.empty()) return;
    band_rows = static_cast<std::int64_t>(chunk[row_axis_]);
    const std::uint64_t width = round_up(static_cast<std::uint64_t>(columns), chunk[column_axis]);
    band_bytes = saturating_product(saturating_product(width, chunk[row_axis_]), element_size(type));
    // Chunks without filters are read past the cache, faster than through a large one.
    if (dataset_.storage().is_filtered)
      dataset_.set_chunk_cache(std::min<std::size_t>(band_bytes, kCacheCap));
  }

  void read(std::int64_t first, std::int64_t n, const std::vector<std::int64_t>& order,
            std::byte* destination) override {
    const bool direct = row_axis_ == 0 && is_identity(order, columns);
    const std::size_t size = element_size(type);
    if (!direct) scratch_.resize(static_cast<std::size_t>(n * columns) * size);
    std::vector<std::uint64_t> start{0, 0},
        extent{static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(columns)};
    start[row_axis_] = static_cast<std::uint64_t>(first);
    extent[row_axis_] = static_cast<std::uint64_t>(n);
    dataset_.read_block(start, extent, type, direct ? destination : scratch_.data());
    if (direct) return;
    const std::size_t row_stride = row_axis_ == 0 ? static_cast<std::size_t>(columns) * size : size;
    const std::size_t column_stride = row_axis_ == 0 ? size : static_cast<std::size_t>(n) * size;
    gather(size, scratch_.data(), row_stride, column_stride, n, order, destination);
  }

 private:
  std::vector<std::string> find_names(std::size_t column_axis) const {
    std::optional<std::vector<std::string>> found = dataset_.string_attribute("feature_names");
    if (!found) found = dataset_.dimension_names(column_axis);
    if (!found) return {};
    if (static_cast<std::int64_t>(found->size()) != columns) {
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("names {} features and has {} columns", found->size(), columns), path,
                  "correct its feature_names");
    }
    return *found;
  }

  h5::Dataset dataset_;
  std::size_t row_axis_;
  std::vector<std::byte> scratch_;
};

class ColumnsLayout : public RowLayout {
 public:
  ColumnsLayout(const h5::File& file, const std::string& group, const std::vector<std::string>& wanted) {
    path = group;
    has_order = false;
    std::set<std::string> present;
    const std::string prefix = group.ends_with('/') ? group : group + "/";
    for (const h5::Link& link : h5::links_of(file.open(file.locate(group)), kMostColumns))
      present.insert(link.name);
    const std::set<std::string> chosen =
        wanted.empty() ? present : std::set<std::string>(wanted.begin(), wanted.end());
    for (const std::string& name : chosen) {
      if (present.count(name) == 0) continue;  // a missing one is reported with the others that are
      members_.emplace_back(file, prefix + name);
      add(members_.back(), name);
    }
    if (members_.empty()) {
      throw Error(ErrorCode::bad_request, "is a group without one-dimensional datasets", path,
                  "name a two-dimensional dataset with --dataset");
    }
    columns = static_cast<std::int64_t>(names.size());
    band_bytes = saturating_product(static_cast<std::uint64_t>(band_rows), names.size() * element_size(type));
    for (h5::Dataset& member : members_) {
      if (member.storage().is_filtered) member.set_chunk_cache(kCacheCap / members_.size());
    }
  }

  void read(std::int64_t first, std::int64_t n, const std::vector<std::int64_t>& order,
            std::byte* destination) override {
    const std::size_t size = element_size(type), width = static_cast<std::size_t>(n) * size;
    scratch_.resize(width * order.size());
    std::vector<std::int64_t> in_scratch(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      in_scratch[i] = static_cast<std::int64_t>(i);
      members_[static_cast<std::size_t>(order[i])].read_block({static_cast<std::uint64_t>(first)},
                                                              {static_cast<std::uint64_t>(n)}, type,
                                                              scratch_.data() + i * width);
    }
    gather(size, scratch_.data(), size, width, n, in_scratch, destination);
  }

 private:
  static constexpr std::uint64_t kMostColumns = 65'536;

  void add(const h5::Dataset& member, const std::string& name) {
    if (!member.is_number() || member.shape().size() != 1) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("is {} of shape {}, where a column of numbers is needed", member.type_name(),
                              h5::shape_text(member.shape())),
                  h5::printable(member.path()), "choose the columns with --columns");
    }
    const auto length = static_cast<std::int64_t>(member.shape()[0]);
    if (names.empty()) {
      rows = length;
      type = member.type()->element;
    }
    if (length != rows) {
      throw Error(ErrorCode::shape_mismatch,
                  fmt::format("has {} rows and {} has {}", length, h5::printable(names.front()), rows),
                  h5::printable(member.path()));
    }
    if (member.type()->element != type) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("is {} and {} is {}", member.type_name(), h5::printable(names.front()),
                              element_name(type)),
                  h5::printable(member.path()), "write the columns with one type");
    }
    if (!member.storage().chunk.empty()) {
      band_rows = std::max(band_rows, static_cast<std::int64_t>(member.storage().chunk[0]));
    }
    names.push_back(name);
  }

  std::vector<h5::Dataset> members_;
  std::vector<std::byte> scratch_;
};

/// The only array of an .npy file, as a prediction file's source_dataset names it.
constexpr const char* kNpyArray = "array";

class NpyLayout : public RowLayout {
 public:
  NpyLayout(const std::string& file, bool transpose) : array_(file) {
    path = kNpyArray;
    if (array_.kind() == LabelKind::string) {
      throw Error(ErrorCode::unsupported, "holds text, not numbers", path, "save an array of numbers");
    }
    if (array_.shape().size() != 2) {
      throw Error(
          ErrorCode::shape_mismatch,
          fmt::format("has shape {}, where rows x features is needed", h5::shape_text(array_.shape())), path,
          "reshape it to two dimensions");
    }
    if (transpose) array_.transpose();
    type = array_.element();
    rows = array_.rows();
    columns = array_.columns();
  }

  void read(std::int64_t first, std::int64_t n, const std::vector<std::int64_t>& order,
            std::byte* destination) override {
    if (is_identity(order, columns)) return array_.read(first, n, destination);
    const std::size_t size = element_size(type);
    scratch_.resize(static_cast<std::size_t>(n * columns) * size);
    array_.read(first, n, scratch_.data());
    gather(size, scratch_.data(), static_cast<std::size_t>(columns) * size, size, n, order, destination);
  }

 private:
  NpyFile array_;
  std::vector<std::byte> scratch_;
};

}  // namespace

std::unique_ptr<RowLayout> open_npy_layout(const std::string& path, const RowsOptions& options) {
  if (!options.dataset.empty() && options.dataset != kNpyArray) {
    throw Error(ErrorCode::bad_request, "is an .npy file, which holds one array without a name",
                options.dataset, "leave --dataset out");
  }
  return std::make_unique<NpyLayout>(path, options.transpose);
}

std::unique_ptr<RowLayout> open_row_layout(const h5::File& file, const RowsOptions& options) {
  const std::string path = options.dataset.empty() ? find_row_dataset(file) : options.dataset;
  if (h5::is_group(file.open(file.locate(path)))) {
    if (options.transpose) {
      throw Error(ErrorCode::bad_request, "is a group, which cannot be transposed", path,
                  "leave --transpose out");
    }
    return std::make_unique<ColumnsLayout>(file, path, options.columns);
  }
  h5::Dataset dataset(file, path);
  if (!dataset.is_number()) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not numbers", dataset.type_name()), path,
                "name a numeric dataset with --dataset");
  }
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::optional<std::uint64_t> bytes = dataset.type()->size();
  for (const std::uint64_t extent : dataset.shape()) {
    bytes = bytes ? h5::checked_product(*bytes, std::max<std::uint64_t>(extent, 1)) : bytes;
  }
  if (!bytes || *bytes > kMost) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("has shape {}", h5::shape_text(dataset.shape())),
                path);
  }
  if (dataset.shape().size() != 2) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where rows x features is needed", h5::shape_text(dataset.shape())),
                path, "reshape it to two dimensions");
  }
  return std::make_unique<MatrixLayout>(std::move(dataset), options.transpose);
}

}  // namespace evenscore
