#include "batch/row_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "batch/npy_file.h"
#include "batch/row_search.h"
#include "evenscore/error.h"
#include "h5/ask.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::size_t kMostKept = std::size_t{256} << 20;  // of decoded chunks, over all datasets
constexpr std::size_t kColumnRows = 2048;                  // of columns that are read or looked up one by one
constexpr std::size_t kGatheredRows = 128;                 // of those that are gathered out of chunks
constexpr std::size_t kMostShared = std::size_t{512} << 20;  // of decoded chunks that threads share
constexpr std::uint64_t kTileRows = 8192;  // of many datasets at a time, so that they meet in cache

/// The only array of an .npy file, as a prediction file's source_dataset names it.
constexpr const char* kNpyArray = "array";

RowsPlan npy_plan(const h5::InputFile& input, const RowsOptions& options) {
  if (!options.dataset.empty() && options.dataset != kNpyArray) {
    throw Error(ErrorCode::bad_request, "is an .npy file, which holds one array without a name",
                options.dataset, "leave --dataset out");
  }
  if (!options.copies.empty())
    throw Error(ErrorCode::bad_request, "is an .npy file, which has no column to copy", "--copy",
                "leave --copy out");
  NpyFile array(input);
  if (array.kind() == LabelKind::string)
    throw Error(ErrorCode::unsupported, "holds text, not numbers", kNpyArray, "save an array of numbers");
  if (array.shape().size() != 2) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where rows x features is needed", h5::shape_text(array.shape())),
                kNpyArray, "reshape it to two dimensions");
  }
  if (options.transpose) array.transpose();
  RowsPlan plan;
  plan.path = kNpyArray;
  plan.rows = array.shape()[0];
  plan.transposed = array.is_by_columns();
  for (std::uint64_t i = 0; i < array.shape()[1]; ++i) plan.columns.push_back({0, 0, 0, i, {}});
  plan.datasets.push_back(array.stored());
  return plan;
}

RowsPlan h5_plan(const h5::InputFile& input, const RowsOptions& options) {
  RowsPlan plan;
  h5::ask(
      input, [&](const h5::File& file, h5::AnswerWriter& out) { write_plan(out, find_rows(file, options)); },
      [&](h5::AnswerReader& in) { plan = read_plan(in, input.identity().size); });
  if (plan.copies.size() != options.copies.size()) h5::refuse_answer("another number of columns to copy");
  return plan;
}

std::string filters_text(const h5::StoredDataset& dataset) {
  std::vector<std::string> names;
  for (const codec::Filter& filter : dataset.filters) names.push_back(codec::filter_name(filter.id));
  return names.empty() ? "without filters" : fmt::format("with {}", fmt::join(names, ", "));
}

}  // namespace

RowFile::RowFile(const std::string& path, const RowsOptions& options) : input_(path) {
  plan_ = NpyFile::is_npy(input_) ? npy_plan(input_, options) : h5_plan(input_, options);
}

std::size_t RowFile::copied_bytes(std::size_t i, std::int64_t first, std::int64_t end) const {
  const h5::StoredType& type = *copied(i).type;
  if (!type.is_variable_string()) return type.size();
  const VariableText text(input_, plan_.datasets[plan_.copies[i].dataset].path,
                          static_cast<std::uint64_t>(end));
  return text.longest(static_cast<std::uint64_t>(first));
}

void RowFile::choose_copied(const std::vector<std::size_t>& bytes, std::int64_t end) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const PlannedColumn& copy = plan_.copies[i];
    const h5::StoredType& type = *copied(i).type;
    CopyReader& reader = copies_.emplace_back();
    reader.bytes = bytes[i];
    if (type.is_variable_string()) {
      reader.text.emplace(input_, plan_.datasets[copy.dataset].path, static_cast<std::uint64_t>(end));
    } else {
      reader.stored = stored_rows(copy.dataset, {{copy.field, copy.item, copy.column, 0, type.element}},
                                  bytes[i], kMostKept / 16);
    }
  }
}

StoredRows RowFile::stored_rows(std::size_t dataset, const std::vector<RowValue>& values,
                                std::size_t row_bytes, std::size_t most_kept) const {
  const h5::StoredDataset& stored = plan_.datasets[dataset];
  return {input_, stored, plan_.is_turned(stored), values, row_bytes, most_kept};
}

ElementType RowFile::common_type(const std::vector<std::int64_t>& order) const {
  std::optional<ElementType> common;
  bool same = true, any_floating = false, fits_f32 = true, any_wide = false;
  std::string first_name;
  const auto name_of = [&](std::int64_t index) {
    return plan_.names.empty() ? fmt::format("column {}", index)
                               : h5::printable(plan_.names[static_cast<std::size_t>(index)]);
  };
  for (const std::int64_t index : order) {
    const PlannedColumn& column = plan_.columns[static_cast<std::size_t>(index)];
    if (!column.unreadable.empty()) {
      throw Error(ErrorCode::unsupported, column.unreadable,
                  fmt::format("{} {}", h5::printable(plan_.path), name_of(index)),
                  "choose the columns with --columns");
    }
    const ElementType type = plan_.field(column).type->element;
    if (!common) first_name = name_of(index);
    common = common.value_or(type);
    same = same && type == *common;
    any_floating = any_floating || is_floating(type);
    fits_f32 = fits_f32 && (type == ElementType::f16 || type == ElementType::f32 ||
                            (!is_floating(type) && element_size(type) <= 2));
    any_wide = any_wide || type == ElementType::i64 || type == ElementType::u64;
    if (!same && any_wide) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("{} is {} and {} is {}: no type holds every value of both", name_of(index),
                              element_name(type), first_name, element_name(*common)),
                  h5::printable(plan_.path), "write the columns with one type");
    }
  }
  if (same) return common.value_or(ElementType::f64);
  return any_floating && fits_f32 ? ElementType::f32 : ElementType::f64;
}

void RowFile::choose(const std::vector<std::int64_t>& order, ElementType type) {
  const std::size_t size = element_size(type), row_bytes = size * order.size();
  std::map<std::size_t, std::vector<RowValue>> values;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const PlannedColumn& column = plan_.columns[static_cast<std::size_t>(order[i])];
    values[column.dataset].push_back({column.field, column.item, column.column, i * size, type});
  }
  parts_.clear();
  value_bytes_ = size;
  for (const auto& [dataset, of_dataset] : values)
    parts_.push_back(stored_rows(dataset, of_dataset, row_bytes, kMostKept / values.size()));
}

void RowFile::read(std::int64_t first, std::int64_t n, std::byte* to, TaskPool& pool) {
  if (n == 0 || parts_.empty()) return;
  const auto begin = static_cast<std::uint64_t>(first), count = static_cast<std::uint64_t>(n);
  const std::size_t row_bytes = parts_.front().row_bytes();
  const bool by_tiles = parts_.size() > 1 && band_bytes() == 0;
  const std::uint64_t step = by_tiles ? kTileRows : count;
  StoredRows::Pieces pieces;
  for (std::uint64_t done = 0; done < count; done += step) {
    for (StoredRows& part : parts_)
      part.add_pieces(begin + done, std::min(step, count - done), to + done * row_bytes, pool.threads(),
                      pieces);
  }
  pieces.run(pool);
  input_.check_unchanged();
}

bool RowFile::share(std::size_t threads) {
  if (parts_.size() == 1 && parts_.front().direct_offset()) return true;
  return !parts_.empty() && std::all_of(parts_.begin(), parts_.end(), [&](StoredRows& part) {
    return part.share(threads, kMostShared / parts_.size());
  });
}

void RowFile::read_shared(std::int64_t first, std::int64_t n, std::byte* to) const {
  const auto begin = static_cast<std::uint64_t>(first), count = static_cast<std::uint64_t>(n);
  const std::uint64_t row_bytes = parts_.front().row_bytes();
  if (const std::optional<std::uint64_t> offset = parts_.front().direct_offset()) {
    input_.read_at(*offset + begin * row_bytes, {to, static_cast<std::size_t>(count * row_bytes)});
  } else if (parts_.size() == 1) {
    parts_.front().read_shared(begin, count, to);
  } else {
    read_parts(begin, count, to);
  }
  input_.check_unchanged();
}

std::size_t RowFile::least_shared_rows() const {
  const bool is_one_by_one = parts_.size() > 1 || (!parts_.empty() && parts_.front().reads_columns());
  return is_one_by_one ? kColumnRows : kGatheredRows;
}

// Rows with values of several datasets, as far as the same chunks of all of them reach at a time.
void RowFile::read_parts(std::uint64_t first, std::uint64_t n, std::byte* to) const {
  std::uint64_t end = first;
  for (std::uint64_t row = first; row < first + n; row = end) {
    end = first + n;
    for (const StoredRows& part : parts_) end = std::min(end, part.block_end(row));
    read_together(row, end - row, to + (row - first) * parts_.front().row_bytes());
  }
}

void RowFile::read_together(std::uint64_t first, std::uint64_t n, std::byte* to) const {
  ChunkBand band(value_bytes_);
  std::vector<std::unique_ptr<SharedRows::Part>> added;
  for (const StoredRows& part : parts_) added.push_back(part.add_shared(first, n, band));
  band.order();
  try {
    added.front()->gather(band, n, to);
  } catch (const Error&) {
    for (const StoredRows& part : parts_) part.read_shared(first, n, to);  // one of them says which it is
    throw;
  }
}

void RowFile::read_copied(std::size_t i, std::int64_t first, std::int64_t n, std::byte* to, TaskPool& pool) {
  const auto begin = static_cast<std::uint64_t>(first), count = static_cast<std::uint64_t>(n);
  CopyReader& reader = copies_[i];
  if (reader.text) return reader.text->read(begin, count, reader.bytes, to);
  if (reader.bytes > copied(i).type->size()) std::memset(to, 0, static_cast<std::size_t>(n) * reader.bytes);
  StoredRows::Pieces pieces;
  reader.stored->add_pieces(begin, count, to, pool.threads(), pieces);
  pieces.run(pool);
  input_.check_unchanged();
}

std::uint64_t RowFile::band_rows() const {
  std::uint64_t rows = 1;
  for (const StoredRows& part : parts_) rows = std::max(rows, part.band_rows());
  return rows;
}

std::uint64_t RowFile::band_bytes() const {
  std::uint64_t bytes = 0;
  for (const StoredRows& part : parts_)
    if (__builtin_add_overflow(bytes, part.band_bytes(), &bytes)) return UINT64_MAX;
  return bytes;
}

std::string RowFile::way(std::size_t threads) const {
  std::uint64_t unwritten = 0, chunked = 0;
  const h5::StoredDataset* shown = nullptr;
  for (const StoredRows& part : parts_) {
    const h5::StoredDataset& dataset = part.dataset();
    if (dataset.layout != h5::Layout::chunked) continue;
    if (shown == nullptr) shown = &dataset;
    ++chunked;
    unwritten += static_cast<std::uint64_t>(
        std::count_if(dataset.chunks.begin(), dataset.chunks.end(),
                      [](const h5::StoredChunk& chunk) { return chunk.bytes == 0; }));
  }
  std::string text = shown == nullptr
                         ? fmt::format("contiguous: plain reads by {} threads", threads)
                         : fmt::format("chunks of {} {}: decoded by {} threads", h5::shape_text(shown->chunk),
                                       filters_text(*shown), threads);
  if (parts_.size() > 1) text = fmt::format("{} datasets, {}", parts_.size(), text);
  if (unwritten > 0) text += fmt::format("; {} chunks were never written and hold the fill value", unwritten);
  return text;
}

ReadSeconds RowFile::seconds() const {
  ReadSeconds all;
  for (const StoredRows& part : parts_) all += part.seconds();
  for (const CopyReader& copy : copies_)
    if (copy.stored) all += copy.stored->seconds();
  return all;
}

}  // namespace evenscore
