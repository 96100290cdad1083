#include "h5/stored_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

constexpr std::size_t kMostDimensions = 32;  // libhdf5's own bound
constexpr std::uint64_t kLongestName = 64 << 10;
constexpr std::uint64_t kLongestTypeName = 256;
constexpr std::uint64_t kMostFilters = 32;
constexpr std::uint64_t kMostFilterValues = 1024;
constexpr std::uint64_t kLargestElement = 64 << 10;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;
constexpr std::uint64_t kMostAttributes = 1024;
constexpr std::uint64_t kLargestCompact = 64 << 10;
constexpr ElementType kLastElement = ElementType::u64;

[[noreturn]] void refuse(const StoredDataset& dataset, const std::string& cause) {
  throw Error(ErrorCode::corrupt_file, cause, printable(dataset.path), "the file is damaged; write it again");
}

std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
  std::optional<std::uint64_t> bytes = element_bytes;
  for (const std::uint64_t extent : shape) bytes = bytes ? checked_product(*bytes, extent) : bytes;
  if (!bytes || *bytes > kMostBytes) refuse_answer("a dataset larger than a file can be");
  return *bytes;
}

void write_type(AnswerWriter& out, const StoredField& field) {
  out.small(field.type ? 1 : 0);
  if (!field.type) return;
  out.small(static_cast<std::uint8_t>(field.type->kind));
  out.small(static_cast<std::uint8_t>(field.type->element));
  out.number(field.type->string_bytes);
}

std::optional<StoredType> read_type(AnswerReader& in) {
  if (!in.truth()) return std::nullopt;
  StoredType type;
  type.kind = in.one_of(ValueKind::string);
  type.element = in.one_of(kLastElement);
  type.string_bytes = static_cast<std::size_t>(in.number(kLargestElement));
  if (type.kind != ValueKind::numeric && type.element != ElementType::u8)
    refuse_answer("a type that there is not");
  if (type.kind != ValueKind::string && type.string_bytes != 0) refuse_answer("a type that there is not");
  return type;
}

StoredField read_field(AnswerReader& in, std::uint64_t element_bytes) {
  StoredField field;
  field.name = in.text(kLongestName);
  field.offset = in.number(element_bytes);
  field.count = in.number(element_bytes);
  field.type = read_type(in);
  field.big_endian = in.truth();
  field.padding = in.one_of(Padding::space_padded);
  field.type_name = in.text(kLongestTypeName);
  if (field.count == 0) refuse_answer("a field of no value");
  if (field.type && !field.type->is_variable_string()) {
    const std::optional<std::uint64_t> bytes = checked_product(field.count, field.type->size());
    if (!bytes || *bytes > element_bytes - field.offset) refuse_answer("a field outside its element");
  }
  return field;
}

std::vector<std::string> read_names(AnswerReader& in, const StoredLimits& limits, std::uint64_t& bytes_left) {
  std::vector<std::string> names = in.texts(limits.names, kLongestName);
  for (const std::string& name : names) {
    if (name.size() > bytes_left) refuse_answer("names are too long");
    bytes_left -= name.size();
    if (!is_utf8(name)) refuse_answer("a name is not UTF-8");
  }
  return names;
}

void check_chunks(const StoredDataset& dataset, std::uint64_t file_bytes) {
  const std::uint64_t chunk_bytes = dataset.chunk_bytes();
  const codec::ChunkDecoder decoder = dataset.decoder();
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
  for (const StoredChunk& chunk : dataset.chunks) {
    if (chunk.bytes == 0) continue;
    if (chunk.offset > file_bytes || chunk.bytes > file_bytes - chunk.offset) {
      refuse(dataset, fmt::format("has a chunk at bytes {} to {} of a file of {}", chunk.offset,
                                  chunk.offset + std::min(chunk.bytes, kMostBytes), file_bytes));
    }
    if (chunk.bytes > decoder.most_stored_bytes()) {
      refuse(dataset, fmt::format("has a chunk that takes {} bytes for {}", chunk.bytes, chunk_bytes));
    }
    if (dataset.filters.empty() && chunk.bytes != chunk_bytes)
      refuse(dataset, fmt::format("has a chunk of {} bytes in place of {}", chunk.bytes, chunk_bytes));
    if (dataset.filters.size() < 32 && (chunk.skipped >> dataset.filters.size()) != 0)
      refuse(dataset, "skips filters that it does not have");
    extents.emplace_back(chunk.offset, chunk.bytes);
  }
  // No writer lets chunks share bytes; a damaged index may, and gives some rows for others.
  std::sort(extents.begin(), extents.end());
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].first - extents[i - 1].first < extents[i - 1].second)
      refuse(dataset, fmt::format("has two chunks that share byte {}", extents[i].first));
  }
}

void check_layout(const StoredDataset& dataset, std::uint64_t file_bytes, const StoredLimits& limits) {
  const std::uint64_t bytes = bytes_of(dataset.shape, dataset.element_bytes);
  if (dataset.layout == Layout::compact) {
    if (dataset.compact.size() != bytes) refuse(dataset, "holds another number of bytes than its shape says");
    return;
  }
  if (dataset.layout == Layout::contiguous) {
    if (!dataset.offset || bytes == 0) return;
    if (*dataset.offset <= file_bytes && bytes <= file_bytes - *dataset.offset) return;
    throw Error(ErrorCode::corrupt_file,
                fmt::format("is truncated: its {} bytes begin at byte {} of a file of {}", bytes,
                            *dataset.offset, file_bytes),
                printable(dataset.path), "copy or write it again; the copy or the writer did not finish");
  }
  if (dataset.chunk.size() != dataset.shape.size() || dataset.chunk.empty() ||
      std::find(dataset.chunk.begin(), dataset.chunk.end(), 0U) != dataset.chunk.end())
    refuse_answer("a chunk of another number of dimensions");
  if (bytes_of(dataset.chunk, dataset.element_bytes) > limits.chunk_bytes)
    refuse_answer("a chunk is too large");
  // Also of a dataset without rows: what is kept for each chunk beside another is taken for it too.
  std::uint64_t count = 1, beside = 1;
  for (const std::uint64_t n : dataset.grid()) {
    if (beside > limits.chunks / std::max<std::uint64_t>(1, n)) refuse_answer("too many chunks");
    beside *= std::max<std::uint64_t>(1, n);
    count *= n;
  }
  // A dataset that nobody asked to read is told of without its chunks.
  if (!dataset.chunks.empty() && dataset.chunks.size() != count)
    refuse_answer("another number of chunks than fit");
  if (!dataset.chunks.empty()) check_chunks(dataset, file_bytes);
}

}  // namespace

std::string StoredField::text(const std::byte* bytes) const {
  std::string text(reinterpret_cast<const char*>(bytes), type->string_bytes);
  switch (padding) {
    case Padding::nul_terminated:
      text.resize(std::min(text.size(), text.find('\0')));
      break;
    case Padding::nul_padded:
      text.erase(text.find_last_not_of('\0') + 1);
      break;
    case Padding::space_padded:
      text.erase(text.find_last_not_of(' ') + 1);
      break;
  }
  if (!is_utf8(text)) throw Error(ErrorCode::corrupt_file, "holds text that is not UTF-8");
  return text;
}

std::uint64_t StoredDataset::elements() const {
  return bytes_of(shape, 1);
}

std::uint64_t StoredDataset::chunk_bytes() const {
  return bytes_of(chunk, element_bytes);
}

codec::ChunkDecoder StoredDataset::decoder() const {
  try {
    return {filters, static_cast<std::size_t>(chunk_bytes()), static_cast<std::size_t>(element_bytes)};
  } catch (const Error& error) {
    throw Error(error.code(), error.cause(), printable(path), error.remedy());
  }
}

std::vector<std::uint64_t> StoredDataset::grid() const {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < chunk.size(); ++i)
    counts.push_back(shape[i] / chunk[i] + (shape[i] % chunk[i] != 0 ? 1 : 0));
  return counts;
}

void write_stored(AnswerWriter& out, const StoredDataset& dataset) {
  out.text(dataset.path);
  out.numbers(dataset.shape);
  out.text(dataset.type_name);
  out.small(dataset.is_compound ? 1 : 0);
  out.number(dataset.element_bytes);
  out.number(dataset.fields.size());
  for (const StoredField& field : dataset.fields) {
    out.text(field.name);
    out.number(field.offset);
    out.number(field.count);
    write_type(out, field);
    out.small(field.big_endian ? 1 : 0);
    out.small(static_cast<std::uint8_t>(field.padding));
    out.text(field.type_name);
  }
  out.small(static_cast<std::uint8_t>(dataset.layout));
  out.small(dataset.offset ? 1 : 0);
  out.number(dataset.offset.value_or(0));
  out.data(dataset.compact);
  out.numbers(dataset.chunk);
  out.number(dataset.filters.size());
  for (const codec::Filter& filter : dataset.filters) {
    out.number(filter.id);
    out.number(filter.values.size());
    for (const std::uint32_t value : filter.values) out.number(value);
  }
  out.number(dataset.chunks.size());
  for (const StoredChunk& chunk : dataset.chunks) {
    out.number(chunk.offset);
    out.number(chunk.bytes);
    out.number(chunk.skipped);
  }
  out.data(dataset.fill);
  out.number(dataset.texts.size());
  for (const auto& [name, values] : dataset.texts) {
    out.text(name);
    out.texts(values);
  }
  out.texts(dataset.row_names);
  out.texts(dataset.column_names);
}

StoredDataset read_stored(AnswerReader& in, std::uint64_t file_bytes, const StoredLimits& limits) {
  StoredDataset dataset;
  dataset.path = in.text(kLongestName);
  dataset.shape = in.numbers(kMostDimensions);
  dataset.type_name = in.text(kLongestTypeName);
  dataset.is_compound = in.truth();
  dataset.element_bytes = in.number(kLargestElement);
  if (dataset.element_bytes == 0) refuse_answer("an element of no bytes");
  const std::uint64_t fields = in.number(limits.fields);
  if (fields == 0 || (!dataset.is_compound && fields != 1))
    refuse_answer("another number of fields than there can be");
  for (std::uint64_t i = 0; i < fields; ++i) dataset.fields.push_back(read_field(in, dataset.element_bytes));
  if (!dataset.is_compound && dataset.only().type && !dataset.only().type->is_variable_string() &&
      (dataset.only().offset != 0 ||
       dataset.only().count * dataset.only().type->size() != dataset.element_bytes))
    refuse_answer("an element of another size than its type");

  dataset.layout = in.one_of(Layout::compact);
  const bool has_offset = in.truth();
  const std::uint64_t offset = in.number();
  if (has_offset) dataset.offset = offset;
  dataset.compact = in.data(kLargestCompact);
  dataset.chunk = in.numbers(kMostDimensions);
  const std::uint64_t filters = in.number(kMostFilters);
  for (std::uint64_t i = 0; i < filters; ++i) {
    codec::Filter filter;
    filter.id = static_cast<std::uint32_t>(in.number(UINT32_MAX));
    const std::uint64_t values = in.number(kMostFilterValues);
    for (std::uint64_t v = 0; v < values; ++v)
      filter.values.push_back(static_cast<std::uint32_t>(in.number(UINT32_MAX)));
    dataset.filters.push_back(std::move(filter));
  }
  constexpr std::uint64_t kChunkRecord = 3 * sizeof(std::uint64_t);
  const std::uint64_t chunks = in.number(std::min<std::uint64_t>(limits.chunks, in.left() / kChunkRecord));
  dataset.chunks.resize(static_cast<std::size_t>(chunks));
  for (StoredChunk& chunk : dataset.chunks) {
    chunk.offset = in.number();
    chunk.bytes = in.number();
    chunk.skipped = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  }
  dataset.fill = in.data(kLargestElement);
  if (!dataset.fill.empty() && dataset.fill.size() != dataset.element_bytes)
    refuse_answer("a fill value of another size than an element");

  std::uint64_t bytes_left = limits.name_bytes;
  const std::uint64_t texts = in.number(kMostAttributes);
  for (std::uint64_t i = 0; i < texts; ++i) {
    std::string name = in.text(kLongestName);
    dataset.texts[std::move(name)] = read_names(in, limits, bytes_left);
  }
  dataset.row_names = read_names(in, limits, bytes_left);
  dataset.column_names = read_names(in, limits, bytes_left);
  check_layout(dataset, file_bytes, limits);
  return dataset;
}

}  // namespace evenscore::h5
