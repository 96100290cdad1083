#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "batch/npy_file.h"
#include "batch/row_layout.h"
#include "evenscore/error.h"
#include "evenscore/rows_file.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kLargestBand = std::uint64_t{256} << 20;
constexpr std::size_t kMostListed = 10;

std::string list(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < names.size() && i < kMostListed; ++i) shown.push_back(h5::printable(names[i]));
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (names.size() > kMostListed) text += fmt::format(" and {} more", names.size() - kMostListed);
  return text;
}

// Where each of `wanted` is in `names`; throws when one is missing or there more than once.
std::vector<std::int64_t> find_columns(const std::vector<std::string>& wanted,
                                       const std::vector<std::string>& names, const std::string& place) {
  std::map<std::string, std::int64_t> positions;
  std::map<std::string, int> times;
  for (std::size_t i = 0; i < names.size(); ++i) {
    positions[names[i]] = static_cast<std::int64_t>(i);
    ++times[names[i]];
  }
  std::vector<std::int64_t> order;
  std::vector<std::string> missing;
  for (const std::string& name : wanted) {
    if (times[name] > 1) {
      throw Error(ErrorCode::shape_mismatch, fmt::format("has several columns named {}", h5::printable(name)),
                  place, "give every column its own name");
    }
    const auto found = positions.find(name);
    if (found == positions.end()) {
      missing.push_back(name);
    } else {
      order.push_back(found->second);
    }
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("lacks {} of {} columns: {}", missing.size(), wanted.size(), list(missing)),
                place, fmt::format("the file has {}", list(names)));
  }
  return order;
}

}  // namespace

struct RowSource::Impl {
  std::string path;
  std::optional<h5::File> file;  // none for an .npy file, which watches itself
  std::unique_ptr<RowLayout> layout;
  std::vector<std::int64_t> order;  // columns of the layout, as read() writes them
  std::vector<std::string> names;   // of those; empty = none
  bool has_order = true;
  bool transposed = false;

  Impl(const std::string& name, const RowsOptions& options) : path(name), transposed(options.transpose) {
    if (NpyFile::is_npy(path)) {
      layout = open_npy_layout(path, options);
    } else {
      file.emplace(path);
      layout = open_row_layout(*file, options);
    }
    has_order = layout->has_order || !options.columns.empty();
    if (!options.columns.empty()) {
      if (layout->names.empty()) {
        throw Error(ErrorCode::bad_request, "names no columns to choose from", layout->path,
                    "leave --columns out, or add a feature_names attribute");
      }
      choose(find_columns(options.columns, layout->names, layout->path));
      return;
    }
    for (std::int64_t i = 0; i < layout->columns; ++i) order.push_back(i);
    names = layout->names;
  }

  void choose(std::vector<std::int64_t> chosen) {
    order = std::move(chosen);
    names.clear();
    for (const std::int64_t column : order) names.push_back(layout->names[static_cast<std::size_t>(column)]);
  }

  void bind_by_name(const std::vector<std::string>& wanted) {
    std::vector<std::int64_t> chosen;
    for (const std::int64_t i : find_columns(wanted, names, layout->path)) {
      chosen.push_back(order[static_cast<std::size_t>(i)]);
    }
    choose(std::move(chosen));
  }

  void check_count(std::int64_t n_features) const {
    if (!has_order) {
      throw Error(ErrorCode::shape_mismatch,
                  "is a group of columns, and the model does not name its features", layout->path,
                  "give the model's order with --columns");
    }
    const auto columns = static_cast<std::int64_t>(order.size());
    if (columns == n_features) return;
    const bool is_turned = layout->rows == n_features;
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has {} columns and the model takes {}", columns, n_features), layout->path,
                is_turned ? (transposed ? "leave --transpose out"
                                        : "the rows lie along dimension 1: give --transpose")
                          : "choose the model's columns with --columns, or other rows with --dataset");
  }
};

RowSource::RowSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowSource::RowSource(RowSource&&) noexcept = default;
RowSource& RowSource::operator=(RowSource&&) noexcept = default;
RowSource::~RowSource() = default;

RowSource RowSource::open(const std::string& path, const RowsOptions& options) {
  try {
    return RowSource(std::make_unique<Impl>(path, options));
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

const std::string& RowSource::path() const {
  return impl_->path;
}
const std::string& RowSource::dataset() const {
  return impl_->layout->path;
}
ElementType RowSource::type() const {
  return impl_->layout->type;
}
std::int64_t RowSource::count() const {
  return impl_->layout->rows;
}
std::int64_t RowSource::columns() const {
  return static_cast<std::int64_t>(impl_->order.size());
}
const std::vector<std::string>& RowSource::feature_names() const {
  return impl_->names;
}

bool RowSource::bind(std::int64_t n_features, const std::vector<std::string>& names) {
  try {
    const bool by_name = !names.empty() && !impl_->names.empty();
    if (by_name) {
      impl_->bind_by_name(names);
    } else {
      impl_->check_count(n_features);
    }
    return by_name;
  } catch (const Error& error) {
    throw error.in_file(path());
  }
}

void RowSource::read(std::int64_t first_row, std::int64_t n, std::byte* destination) {
  if (first_row < 0 || n < 0 || first_row > count() - n) {
    throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first_row, first_row + n, count()),
                dataset())
        .in_file(path());
  }
  if (n == 0 || impl_->order.empty()) return;
  try {
    impl_->layout->read(first_row, n, impl_->order, destination);
  } catch (const Error&) {
    if (impl_->file) impl_->file->check_unchanged();  // the better explanation, where it holds
    throw;
  }
  if (impl_->file) impl_->file->check_unchanged();
}

std::int64_t RowSource::batch_rows(std::size_t target_bytes) const {
  const std::size_t row_bytes =
      std::max<std::size_t>(1, static_cast<std::size_t>(impl_->layout->columns) * element_size(type()));
  const auto wanted = static_cast<std::int64_t>(std::max<std::size_t>(1, target_bytes / row_bytes));
  const std::int64_t band = impl_->layout->band_rows;
  if (impl_->layout->band_bytes > kLargestBand) return wanted;
  return std::max<std::int64_t>(1, wanted / band) * band;
}

}  // namespace evenscore
