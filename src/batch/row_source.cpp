#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "batch/npy_file.h"
#include "batch/row_file.h"
#include "batch/task_pool.h"
#include "evenscore/error.h"
#include "evenscore/rows_file.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kLargestBand = std::uint64_t{96} << 20;
constexpr std::size_t kMostApart = std::size_t{8} << 20;  // bytes of rows that lie apart, read at a time
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

ReadSeconds& ReadSeconds::operator+=(const ReadSeconds& more) {
  reading += more.reading;
  decoding += more.decoding;
  copying += more.copying;
  return *this;
}

struct RowSource::Impl {
  RowsOptions options;
  std::vector<RowFile> files;
  std::vector<std::int64_t> first_rows;  // of each file, and the number of all rows
  std::int64_t first = 0, end = 0;       // of all rows those that are wanted
  std::vector<std::int64_t> order;       // columns of the first file, as read() writes them
  std::vector<std::string> names;        // of those; empty = none
  bool has_order = true;
  ElementType type = ElementType::f64;
  std::optional<Error> no_type;  // why the columns cannot be read together
  std::vector<CopiedColumn> copied;
  TaskPool pool;

  Impl(const std::string& path, const RowsOptions& wanted) : options(wanted), pool(wanted.threads) {
    files.emplace_back(path, options);
    for (const std::string& more : options.more_files) {
      RowsOptions same = options;
      if (NpyFile::is_npy(more) || NpyFile::is_npy(path)) {
        same.dataset.clear();  // an array has no name, and gives none to look for
      } else if (same.dataset.empty()) {
        same.dataset = plan().path;
      }
      files.emplace_back(more, same);
      check_same_columns(files.back());
    }
    std::int64_t rows = 0;
    for (const RowFile& file : files) {
      first_rows.push_back(rows);
      rows += file.rows();
    }
    first_rows.push_back(rows);
    choose_rows(rows);
    has_order = plan().has_order || !options.columns.empty();
    for (std::size_t i = 0; i < options.copies.size(); ++i) add_copied(i);
    settle_copied();
    names = plan().names;
    for (std::int64_t i = 0; i < files.front().columns(); ++i) order.push_back(i);
    if (!options.columns.empty()) {
      if (names.empty()) {
        throw Error(ErrorCode::bad_request, "names no columns to choose from", plan().path,
                    "leave --columns out, or add a feature_names attribute");
      }
      choose(find_columns(options.columns, names, plan().path));
    }
    settle();
    if (no_type && !options.columns.empty()) throw Error(*no_type);
  }

  const RowsPlan& plan() const { return files.front().plan(); }

  static std::string columns_text(const RowFile& file) {
    const std::vector<std::string>& known = file.plan().names;
    return fmt::format("{} {}", file.columns(),
                       known.empty() ? std::string("without names") : fmt::format("({})", list(known)));
  }

  void check_same_columns(const RowFile& file) const {
    if (file.plan().names == plan().names && file.columns() == files.front().columns()) return;
    std::vector<std::string> mine = plan().names, others = file.plan().names;
    std::sort(mine.begin(), mine.end());
    std::sort(others.begin(), others.end());
    if (!mine.empty() && mine == others) return;  // in another order
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has other columns than {}: {}, and not {}", files.front().path(),
                            columns_text(file), columns_text(files.front())),
                file.plan().path, "give files of the same columns")
        .in_file(file.path());
  }

  void choose_rows(std::int64_t rows) {
    first = options.first_row;
    end = options.end_row < 0 ? rows : options.end_row;
    if (first <= end && end <= rows) return;
    throw Error(ErrorCode::bad_request,
                fmt::format("{} {} rows, and rows {} to {} are asked for",
                            files.size() == 1 ? "has" : "and the files after it have", rows, first, end),
                plan().path, "correct --row-range");
  }

  void add_copied(std::size_t index) {
    const h5::StoredField& field = files.front().copied(index);
    for (const RowFile& file : files) {
      const h5::StoredField& other = file.copied(index);
      if (other.type->kind == field.type->kind && other.type->element == field.type->element) continue;
      throw Error(ErrorCode::shape_mismatch,
                  fmt::format("holds {} as {} and {} as {}", h5::printable(options.copies[index]),
                              other.type_name, files.front().path(), field.type_name),
                  {}, "write the column with one type")
          .in_file(file.path());
    }
    CopiedColumn column;
    column.name = options.copies[index].substr(options.copies[index].rfind('/') + 1);
    column.kind = field.type->kind == h5::ValueKind::string    ? LabelKind::string
                  : field.type->kind == h5::ValueKind::boolean ? LabelKind::boolean
                  : is_floating(field.type->element)           ? LabelKind::real
                                                               : LabelKind::integer;
    column.element = field.type->element;
    copied.push_back(std::move(column));
  }

  // Text gets the bytes of the longest value among the wanted rows of all files, whether or not its length is
  // fixed in a file.
  void settle_copied() {
    std::vector<std::size_t> bytes(copied.size());
    for (std::size_t i = 0; i < copied.size(); ++i) {
      bytes[i] = copied[i].size();
      if (copied[i].kind != LabelKind::string) continue;
      bytes[i] = 1;
      for (std::size_t f = 0; f < files.size(); ++f) {
        const auto [from, until] = wanted_of(f);
        bytes[i] = std::max(bytes[i], files[f].copied_bytes(i, from, until));
      }
      copied[i].text_bytes = bytes[i];
    }
    for (std::size_t f = 0; f < files.size(); ++f) files[f].choose_copied(bytes, wanted_of(f).second);
  }

  // Of a file the first of the wanted rows, and the end of them.
  std::pair<std::int64_t, std::int64_t> wanted_of(std::size_t file) const {
    const std::int64_t rows = files[file].rows();
    return {std::clamp<std::int64_t>(first - first_rows[file], 0, rows),
            std::clamp<std::int64_t>(end - first_rows[file], 0, rows)};
  }

  void choose(std::vector<std::int64_t> chosen) {
    order = std::move(chosen);
    names.clear();
    for (const std::int64_t column : order) names.push_back(plan().names[static_cast<std::size_t>(column)]);
  }

  // The chosen columns in a file that may hold them in another order.
  std::vector<std::int64_t> order_in(const RowFile& file) const {
    if (plan().names.empty() || file.plan().names == plan().names) return order;
    return find_columns(names, file.plan().names, file.plan().path);
  }

  void settle() {
    no_type.reset();
    try {
      type = files.front().common_type(order);
      for (const RowFile& file : files) {
        const ElementType other = file.common_type(order_in(file));
        if (other == type) continue;
        throw Error(ErrorCode::unsupported,
                    fmt::format("holds {} and {} holds {}", element_name(other), files.front().path(),
                                element_name(type)),
                    file.plan().path, "write the files with one type")
            .in_file(file.path());
      }
      for (RowFile& file : files) file.choose(order_in(file), type);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unsupported) throw;
      no_type = error.in_file(files.front().path());
    }
  }

  void bind_by_name(const std::vector<std::string>& wanted) {
    std::vector<std::int64_t> chosen;
    for (const std::int64_t i : find_columns(wanted, names, plan().path))
      chosen.push_back(order[static_cast<std::size_t>(i)]);
    choose(std::move(chosen));
    settle();
  }

  void check_count(std::int64_t n_features) const {
    if (!has_order) {
      throw Error(ErrorCode::shape_mismatch,
                  "is a group of columns, and the model does not name its features", plan().path,
                  "give the model's order with --columns");
    }
    const auto columns = static_cast<std::int64_t>(order.size());
    if (columns == n_features) return;
    const bool is_turned = files.front().rows() == n_features;
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has {} columns and the model takes {}", columns, n_features), plan().path,
                is_turned ? (options.transpose ? "leave --transpose out"
                                               : "the rows lie along dimension 1: give --transpose")
                          : "choose the model's columns with --columns, or other rows with --dataset");
  }

  // read(file, first row in it, rows, rows before these) for the rows [from, from + n) of those that are
  // wanted.
  template <typename Files, typename Read>
  void over_files(Files& of, std::int64_t from, std::int64_t n, Read read) const {
    std::int64_t row = first + from, done = 0;
    for (std::size_t i = 0; i < of.size() && done < n; ++i) {
      if (row >= first_rows[i + 1]) continue;
      const std::int64_t count = std::min(n - done, first_rows[i + 1] - row);
      read(of[i], row - first_rows[i], count, done);
      row += count;
      done += count;
    }
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
  return impl_->files.front().path();
}
const std::string& RowSource::dataset() const {
  return impl_->plan().path;
}
ElementType RowSource::type() const {
  return impl_->type;
}
std::int64_t RowSource::count() const {
  return impl_->end - impl_->first;
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
    }
    if (impl_->no_type) throw Error(*impl_->no_type);
    if (!by_name) impl_->check_count(n_features);
    return by_name;
  } catch (const Error& error) {
    throw error.in_file(path());
  }
}

void RowSource::check_range(std::int64_t first_row, std::int64_t n) const {
  if (first_row >= 0 && n >= 0 && first_row <= count() - n) return;
  throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first_row, first_row + n, count()),
              dataset())
      .in_file(path());
}

void RowSource::read(std::int64_t first_row, std::int64_t n, std::byte* destination) {
  check_range(first_row, n);
  if (impl_->no_type) throw Error(*impl_->no_type);
  const std::size_t row_bytes = impl_->order.size() * element_size(impl_->type);
  impl_->over_files(impl_->files, first_row, n,
                    [&](RowFile& file, std::int64_t first, std::int64_t count, std::int64_t done) {
                      file.read(first, count, destination + static_cast<std::size_t>(done) * row_bytes,
                                impl_->pool);
                    });
}

bool RowSource::share(std::size_t threads) {
  return !impl_->no_type && std::all_of(impl_->files.begin(), impl_->files.end(),
                                        [&](RowFile& file) { return file.share(threads); });
}

void RowSource::read_shared(std::int64_t first_row, std::int64_t n, std::byte* destination) const {
  check_range(first_row, n);
  const std::size_t row_bytes = impl_->order.size() * element_size(impl_->type);
  const Impl& impl = *impl_;
  impl.over_files(impl.files, first_row, n,
                  [&](const RowFile& file, std::int64_t first, std::int64_t count, std::int64_t done) {
                    file.read_shared(first, count, destination + static_cast<std::size_t>(done) * row_bytes);
                  });
}

std::int64_t RowSource::shared_rows(std::size_t target_bytes) const {
  const std::size_t row_bytes = std::max<std::size_t>(1, impl_->order.size() * element_size(impl_->type));
  std::size_t least = 1;
  for (const RowFile& file : impl_->files) least = std::max(least, file.least_shared_rows());
  least = std::min(least, kMostApart / row_bytes);
  return static_cast<std::int64_t>(std::max<std::size_t>({1, target_bytes / row_bytes, least}));
}

RowPlace RowSource::place_of(std::int64_t row) const {
  check_range(row, 1);
  RowPlace place;
  impl_->over_files(impl_->files, row, 1,
                    [&](const RowFile& file, std::int64_t first, std::int64_t, std::int64_t) {
                      place = {file.path(), file.plan().path, first};
                    });
  return place;
}

const std::vector<CopiedColumn>& RowSource::copied() const {
  return impl_->copied;
}

void RowSource::read_copied(std::size_t index, std::int64_t first_row, std::int64_t n,
                            std::byte* destination) {
  check_range(first_row, n);
  const std::size_t size = impl_->copied.at(index).size();
  impl_->over_files(impl_->files, first_row, n,
                    [&](RowFile& file, std::int64_t first, std::int64_t count, std::int64_t done) {
                      file.read_copied(index, first, count,
                                       destination + static_cast<std::size_t>(done) * size, impl_->pool);
                    });
}

std::string RowSource::way() const {
  return impl_->files.front().way(impl_->pool.threads());
}

ReadSeconds RowSource::seconds() const {
  ReadSeconds all;
  for (const RowFile& file : impl_->files) all += file.seconds();
  return all;
}

std::int64_t RowSource::batch_rows(std::size_t target_bytes) const {
  const std::size_t row_bytes =
      std::max<std::size_t>(1, static_cast<std::size_t>(columns()) * element_size(type()));
  const auto wanted = static_cast<std::int64_t>(std::max<std::size_t>(1, target_bytes / row_bytes));
  std::uint64_t band = 1, band_bytes = 0;
  for (const RowFile& file : impl_->files) {
    if (file.band_rows() <= band) continue;
    band = file.band_rows();
    band_bytes = file.band_bytes();
  }
  if (band_bytes > kLargestBand) return wanted;
  const auto rows = static_cast<std::int64_t>(band);
  return std::max<std::int64_t>(1, wanted / rows) * rows;
}

}  // namespace evenscore
