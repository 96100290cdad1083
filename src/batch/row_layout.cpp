#include "batch/row_layout.h"

#include <algorithm>
#include <utility>

#include "base/stopwatch.h"
#include "h5/text.h"

namespace evenscore {

std::span<std::byte> room(std::vector<std::byte>& buffer, std::uint64_t bytes) {
  if (buffer.size() < bytes) buffer.resize(static_cast<std::size_t>(bytes));
  return {buffer.data(), static_cast<std::size_t>(bytes)};
}

RowLayout::RowLayout(h5::InputFile file, h5::StoredDataset stored, bool transposed,
                     const std::vector<RowValue>& values, std::size_t bytes)
    : input(std::move(file)), dataset(std::move(stored)), row_axis(transposed ? 1 : 0), row_bytes(bytes) {
  const bool is_matrix = dataset.shape.size() == 2;
  rows = dataset.shape.at(row_axis);
  columns = is_matrix ? dataset.shape[1 - row_axis] : 1;
  block_rows = rows;
  block_columns = columns;
  if (dataset.layout == h5::Layout::chunked) {
    block_rows = dataset.chunk[row_axis];
    block_columns = is_matrix ? dataset.chunk[1 - row_axis] : 1;
    grid_columns = is_matrix ? dataset.grid()[1 - row_axis] : 1;
    decoder = std::make_unique<codec::ChunkDecoder>(dataset.decoder());
  }
  row_stride = row_axis == 0 ? block_columns * dataset.element_bytes : dataset.element_bytes;
  column_stride = row_axis == 0 ? dataset.element_bytes : block_rows * dataset.element_bytes;
  fill = dataset.fill.empty() ? std::vector<std::byte>(static_cast<std::size_t>(dataset.element_bytes))
                              : dataset.fill;
  make_moves(values);
  is_columns = row_stride == dataset.element_bytes && !values.empty() &&
               std::all_of(values.begin(), values.end(), [this](const RowValue& value) {
                 const h5::StoredField& field = dataset.fields.at(value.field);
                 return field.type->kind != h5::ValueKind::boolean && field.type->is_number() &&
                        value.as == field.type->element && field.type->size() == dataset.element_bytes;
               });
  may_stay_shuffled = is_columns && decoder && decoder->shuffles_elements();
}

void RowLayout::make_moves(const std::vector<RowValue>& values) {
  moves.resize(static_cast<std::size_t>(grid_columns));
  fill_moves.resize(moves.size());
  for (const RowValue& value : values) {
    const h5::StoredField& field = dataset.fields.at(value.field);
    RowMove move;
    move.size = field.type->size();
    move.stored = field.type->element;
    move.read = value.as;
    move.converts = field.type->is_number() && value.as != field.type->element;
    move.is_boolean = field.type->kind == h5::ValueKind::boolean;
    move.swapped = field.big_endian && move.size > 1;
    move.to = value.to;
    const std::uint64_t inside = field.offset + value.item * move.size;
    const std::uint64_t block = value.column / std::max<std::uint64_t>(1, block_columns);
    move.from = static_cast<std::size_t>(inside);
    fill_moves.at(static_cast<std::size_t>(block)).push_back(move);
    if (row_axis != 0 && !decoder) turned_[value.column].push_back(move);
    move.from += static_cast<std::size_t>((value.column - block * block_columns) * column_stride);
    moves[static_cast<std::size_t>(block)].push_back(move);
  }
  for (std::vector<RowMove>& of_block : moves) of_block = joined(std::move(of_block));
}

bool RowLayout::is_whole_row(std::size_t beside) const {
  if (moves[beside].size() != 1) return false;
  const RowMove& move = moves[beside].front();
  return move.from == 0 && move.to == 0 && move.count * move.size == row_stride && row_stride == row_bytes &&
         !move.swapped && !move.converts && !move.is_boolean;
}

std::uint64_t RowLayout::chunk_index(std::uint64_t block, std::uint64_t beside) const {
  if (row_axis == 0) return block * grid_columns + beside;
  return beside * (rows / block_rows + (rows % block_rows != 0 ? 1 : 0)) + block;
}

const h5::StoredChunk& RowLayout::chunk(std::uint64_t block, std::uint64_t beside) const {
  return dataset.chunks.at(static_cast<std::size_t>(chunk_index(block, beside)));
}

bool RowLayout::is_unfiltered(const h5::StoredChunk& chunk) const {
  const std::uint64_t all =
      dataset.filters.size() >= 32 ? UINT32_MAX : (std::uint64_t{1} << dataset.filters.size()) - 1;
  return (chunk.skipped & all) == all;
}

bool RowLayout::stays_shuffled(const h5::StoredChunk& chunk) const {
  return may_stay_shuffled && (chunk.skipped & 1) == 0;
}

std::vector<std::size_t> RowLayout::beside_each_other() const {
  std::vector<std::size_t> blocks;
  for (std::size_t beside = 0; beside < moves.size(); ++beside)
    if (!moves[beside].empty()) blocks.push_back(beside);
  return blocks;
}

void RowLayout::read_bytes(std::uint64_t offset, std::span<std::byte> to, ReadSeconds& seconds) const {
  const Stopwatch watch(seconds.reading);
  input.read_at(offset, to);
}

void RowLayout::move_values(std::size_t beside, const std::byte* from, std::uint64_t n, std::byte* to,
                            ReadSeconds& seconds) const {
  const Stopwatch watch(seconds.copying);
  move_rows(moves[beside], from, static_cast<std::size_t>(row_stride), static_cast<std::size_t>(n), to,
            row_bytes);
}

void RowLayout::move_fill(std::size_t beside, std::uint64_t n, std::byte* to, ReadSeconds& seconds) const {
  const Stopwatch watch(seconds.copying);
  move_rows(fill_moves[beside], fill.data(), 0, static_cast<std::size_t>(n), to, row_bytes);
}

void RowLayout::read_rows(std::uint64_t first, std::uint64_t n, std::byte* to, ReadWorkspace& space) const {
  if (dataset.offset && row_axis == 0 && is_whole_row(0)) {
    return read_bytes(*dataset.offset + first * row_stride, {to, static_cast<std::size_t>(n * row_stride)},
                      space.seconds);
  }
  ChunkBand band(static_cast<std::size_t>(dataset.element_bytes));
  collect_rows(first, n, space, band);
  band.order();
  const Stopwatch watch(space.seconds.copying);
  band.gather(0, n, to, row_bytes);
}

void RowLayout::collect_rows(std::uint64_t first, std::uint64_t n, ReadWorkspace& space,
                             ChunkBand& band) const {
  if (dataset.layout == h5::Layout::compact)
    return add_to_band(band, 0, dataset.compact.data(), false, first);
  if (!dataset.offset) return add_fill_to_band(band, 0);
  if (row_axis != 0) return collect_columns(first, n, space, band);
  const std::span<std::byte> stored = room(space.stored, n * row_stride);
  read_bytes(*dataset.offset + first * row_stride, stored, space.seconds);
  add_to_band(band, 0, stored.data(), false, 0);
}

// Rows along dimension 1: one read a column.
void RowLayout::collect_columns(std::uint64_t first, std::uint64_t n, ReadWorkspace& space,
                                ChunkBand& band) const {
  const auto bytes = static_cast<std::size_t>(n * dataset.element_bytes);
  std::span<std::byte> rest = room(space.stored, turned_.size() * bytes);
  for (const auto& [column, how] : turned_) {
    const std::span<std::byte> stored = rest.first(bytes);
    rest = rest.subspan(bytes);
    read_bytes(*dataset.offset + column * column_stride + first * dataset.element_bytes, stored,
               space.seconds);
    if (is_columns && !how.front().swapped) {
      for (const RowMove& move : how) band.add_column(stored.data(), move.to);
    } else {
      band.add_moves(how, stored.data(), static_cast<std::size_t>(dataset.element_bytes));
    }
  }
}

void RowLayout::read_chunk_rows(const h5::StoredChunk& chunk, std::size_t beside, std::uint64_t first,
                                std::uint64_t n, std::byte* to, ReadWorkspace& space) const {
  if (chunk.bytes != dataset.chunk_bytes())
    throw Error(ErrorCode::corrupt_file, "has another size than its chunks");
  const bool direct = is_whole_row(beside);
  const auto bytes = static_cast<std::size_t>(n * row_stride);
  const std::span<std::byte> stored = direct ? std::span(to, bytes) : room(space.stored, bytes);
  read_bytes(chunk.offset + first * row_stride, stored, space.seconds);
  if (!direct) move_values(beside, stored.data(), n, to, space.seconds);
}

void RowLayout::decode(const h5::StoredChunk& chunk, std::span<std::byte> into, ReadWorkspace& space,
                       bool leaves_planes) const {
  if (is_unfiltered(chunk) && chunk.bytes == into.size())
    return read_bytes(chunk.offset, into, space.seconds);
  const std::span<std::byte> stored = room(space.stored, chunk.bytes);
  read_bytes(chunk.offset, stored, space.seconds);
  const Stopwatch watch(space.seconds.decoding);
  leaves_planes ? decoder->decode_planes(stored, chunk.skipped, into, space.codec)
                : decoder->decode(stored, chunk.skipped, into, space.codec);
}

void RowLayout::add_to_band(ChunkBand& band, std::size_t beside, const std::byte* begin, bool is_planes,
                            std::uint64_t first) const {
  if (!is_columns || (!is_planes && moves[beside].front().swapped))
    return band.add_moves(moves[beside], begin + first * row_stride, static_cast<std::size_t>(row_stride));
  const auto size = static_cast<std::size_t>(dataset.element_bytes);
  for (const RowMove& move : moves[beside]) {
    for (std::size_t i = 0; i < move.count; ++i) {
      const std::size_t value = move.from / size + i + static_cast<std::size_t>(first);
      const std::size_t to = move.to + i * size;
      is_planes ? band.add_planes(begin + value, static_cast<std::size_t>(block_rows * block_columns), to,
                                  move.swapped)
                : band.add_column(begin + value * size, to);
    }
  }
}

void RowLayout::add_fill_to_band(ChunkBand& band, std::size_t beside) const {
  band.add_moves(fill_moves[beside], fill.data(), 0);
}

Error RowLayout::placed(const Error& error, const std::string& part) const {
  if (!error.file().empty() && !error.place().empty()) return error;
  return Error(error.code(), error.cause(), h5::printable(dataset.path) + part, error.remedy())
      .in_file(input.path());
}

}  // namespace evenscore
