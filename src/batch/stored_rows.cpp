#include "batch/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "base/stopwatch.h"
#include "batch/chunk_band.h"
#include "batch/row_moves.h"
#include "batch/shared_bands.h"
#include "codec/chunk_decoder.h"
#include "evenscore/error.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kDirectBytes = std::uint64_t{1} << 20;      // of one plain read into place
constexpr std::uint64_t kGatheredBytes = std::uint64_t{256} << 10;  // of one that is gathered from afterwards

struct Workspace {
  codec::Workspace codec;
  std::vector<std::byte> stored, decoded;
  ReadSeconds seconds;
};

std::span<std::byte> room(std::vector<std::byte>& buffer, std::uint64_t bytes) {
  if (buffer.size() < bytes) buffer.resize(static_cast<std::size_t>(bytes));
  return {buffer.data(), static_cast<std::size_t>(bytes)};
}

bool is_whole_row(const std::vector<RowMove>& moves, std::uint64_t stored_row, std::size_t row_bytes) {
  if (moves.size() != 1) return false;
  const RowMove& move = moves.front();
  return move.from == 0 && move.to == 0 && move.count * move.size == stored_row && stored_row == row_bytes &&
         !move.swapped && !move.converts && !move.is_boolean;
}

}  // namespace

void StoredRows::Pieces::run(TaskPool& pool) const {
  for (const std::vector<Piece>* pieces : {&first, &then})
    pool.run(pieces->size(), [&](std::size_t piece, std::size_t thread) { (*pieces)[piece](thread); });
}

struct StoredRows::Impl {
  h5::InputFile input;
  h5::StoredDataset dataset;
  std::size_t row_axis;
  std::size_t row_bytes;
  std::size_t most_kept;
  std::uint64_t rows = 1, columns = 1;              // of the dataset
  std::uint64_t block_rows = 1, block_columns = 1;  // of a chunk; all of the dataset without chunks
  std::uint64_t grid_columns = 1;                   // chunks beside each other
  std::uint64_t row_stride = 0, column_stride = 0;  // bytes inside a block
  std::vector<std::vector<RowMove>> moves;          // by the blocks beside each other
  std::vector<std::vector<RowMove>> fill_moves;     // the same from one element
  bool is_columns = false;  // numbers that are read as they are stored, those of a column next to each other
  bool may_stay_shuffled = false;
  std::vector<std::byte> fill;
  std::unique_ptr<codec::ChunkDecoder> decoder;
  std::vector<Workspace> workspaces;

  std::mutex kept_mutex;
  std::map<std::uint64_t, DecodedChunk> kept;  // decoded chunks that the next rows begin in
  std::uint64_t kept_bytes = 0;
  std::optional<SharedBands> shared;
  std::vector<std::unique_ptr<Workspace>> shared_workspaces;
  std::vector<Workspace*> idle;               // of those, the ones that no thread works with
  std::vector<std::vector<std::byte>> spare;  // memory of chunks that were kept, for the next ones

  Impl(h5::InputFile file, h5::StoredDataset stored, bool transposed, const std::vector<RowValue>& values,
       std::size_t bytes, std::size_t most)
      : input(std::move(file)),
        dataset(std::move(stored)),
        row_axis(transposed ? 1 : 0),
        row_bytes(bytes),
        most_kept(most) {
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
                   return field.type->is_number() && value.as == field.type->element &&
                          field.type->size() == dataset.element_bytes;
                 });
    may_stay_shuffled = is_columns && decoder && decoder->shuffles_elements();
  }

  void make_moves(const std::vector<RowValue>& values) {
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
      move.from += static_cast<std::size_t>((value.column - block * block_columns) * column_stride);
      moves[static_cast<std::size_t>(block)].push_back(move);
    }
    for (std::vector<RowMove>& of_block : moves) of_block = joined(std::move(of_block));
  }

  Error placed(const Error& error, const std::string& part = {}) const {
    if (!error.file().empty() && !error.place().empty()) return error;
    return Error(error.code(), error.cause(), h5::printable(dataset.path) + part, error.remedy())
        .in_file(input.path());
  }

  void move(const std::vector<RowMove>& how, const std::byte* from, std::uint64_t stride, std::uint64_t n,
            std::byte* to, ReadSeconds& seconds) const {
    const Stopwatch watch(seconds.copying);
    move_rows(how, from, static_cast<std::size_t>(stride), static_cast<std::size_t>(n), to, row_bytes);
  }

  void read(std::uint64_t offset, std::span<std::byte> to, ReadSeconds& seconds) const {
    const Stopwatch watch(seconds.reading);
    input.read_at(offset, to);
  }

  // Work(workspace) with errors that name the dataset.
  template <typename Work>
  Piece piece(Work work, const std::string& part = {}) {
    return [this, work, part](std::size_t thread) {
      try {
        work(workspaces[thread]);
      } catch (const Error& error) {
        throw placed(error, part);
      }
    };
  }

  void add_filled(std::uint64_t n, std::size_t block, std::byte* to, Pieces& pieces) {
    pieces.first.push_back(piece(
        [=, this](Workspace& space) { move(fill_moves[block], fill.data(), 0, n, to, space.seconds); }));
  }

  void add_contiguous(std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    if (dataset.layout == h5::Layout::contiguous && !dataset.offset) return add_filled(n, 0, to, pieces);
    if (dataset.layout == h5::Layout::compact) {
      const std::byte* from = dataset.compact.data() + first * row_stride;
      pieces.first.push_back(
          piece([=, this](Workspace& space) { move(moves[0], from, row_stride, n, to, space.seconds); }));
      return;
    }
    const bool direct = row_axis == 0 && is_whole_row(moves[0], row_stride, row_bytes);
    const std::uint64_t stored_row = std::max<std::uint64_t>(1, columns * dataset.element_bytes);
    const std::uint64_t step =
        std::max<std::uint64_t>(1, (direct ? kDirectBytes : kGatheredBytes) / stored_row);
    for (std::uint64_t done = 0; done < n; done += step) {
      const std::uint64_t from = first + done, count = std::min(step, n - done);
      std::byte* target = to + done * row_bytes;
      if (direct) {
        pieces.first.push_back(piece([=, this](Workspace& space) {
          read(*dataset.offset + from * row_stride, {target, static_cast<std::size_t>(count * row_stride)},
               space.seconds);
        }));
      } else if (row_axis == 0) {
        pieces.first.push_back(piece([=, this](Workspace& space) {
          const std::span<std::byte> stored = room(space.stored, count * row_stride);
          read(*dataset.offset + from * row_stride, stored, space.seconds);
          move(moves[0], stored.data(), row_stride, count, target, space.seconds);
        }));
      } else {
        pieces.first.push_back(
            piece([=, this](Workspace& space) { read_turned(from, count, target, space); }));
      }
    }
  }

  // Rows along dimension 1, without chunks: one read a column.
  void read_turned(std::uint64_t first, std::uint64_t n, std::byte* to, Workspace& space) const {
    const std::span<std::byte> stored = room(space.stored, n * dataset.element_bytes);
    std::uint64_t column = columns;
    for (RowMove move_one : moves[0]) {
      const std::uint64_t of = move_one.from / column_stride;
      if (of != column)
        read(*dataset.offset + of * column_stride + first * dataset.element_bytes, stored, space.seconds);
      column = of;
      move_one.from -= static_cast<std::size_t>(of * column_stride);
      move({move_one}, stored.data(), dataset.element_bytes, n, to, space.seconds);
    }
  }

  std::uint64_t chunk_index(std::uint64_t block_row, std::uint64_t block_column) const {
    if (row_axis == 0) return block_row * grid_columns + block_column;
    return block_column * (rows / block_rows + (rows % block_rows != 0 ? 1 : 0)) + block_row;
  }

  void add_chunks(std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    for (std::uint64_t block = first / block_rows; block * block_rows < first + n; ++block) {
      const std::uint64_t begin = block * block_rows, end = std::min(begin + block_rows, rows);
      const std::uint64_t from = std::max(begin, first), until = std::min(end, first + n);
      std::byte* target = to + (from - first) * row_bytes;
      if (add_band(block, from - begin, until - from, target, pieces)) continue;
      for (std::uint64_t beside = 0; beside < grid_columns; ++beside) {
        if (moves[static_cast<std::size_t>(beside)].empty()) continue;
        add_chunk(block, beside, from - begin, until - from, until - from == end - begin, target, pieces);
      }
    }
  }

  // Rows [first, first + n) of several chunks beside each other: all are decoded, then their values are
  // gathered by a few rows at a time, which a cache holds: one chunk after the other would fetch each line of
  // `to` as often as there are chunks. False where they would take too much memory, or there are not several.
  bool add_band(std::uint64_t block, std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    const std::uint64_t bytes = dataset.chunk_bytes();
    std::uint64_t more = 0, beside_each_other = 0;
    for (std::uint64_t beside = 0; beside < grid_columns; ++beside) {
      if (moves[static_cast<std::size_t>(beside)].empty()) continue;
      ++beside_each_other;
      const std::uint64_t index = chunk_index(block, beside);
      if (dataset.chunks.at(static_cast<std::size_t>(index)).bytes > 0 && kept.count(index) == 0)
        more += bytes;
    }
    if (beside_each_other < 2 || kept_bytes + more > most_kept) return false;
    const auto band = std::make_shared<ChunkBand>(static_cast<std::size_t>(dataset.element_bytes));
    for (std::uint64_t beside = 0; beside < grid_columns; ++beside) {
      const auto of = static_cast<std::size_t>(beside);
      if (moves[of].empty()) continue;
      const std::uint64_t index = chunk_index(block, beside);
      const h5::StoredChunk& chunk = dataset.chunks[static_cast<std::size_t>(index)];
      if (chunk.bytes == 0) {
        band->add_moves(fill_moves[of], fill.data(), 0);
        continue;
      }
      const auto [entry, is_new] = kept.try_emplace(index);
      DecodedChunk& room_for = entry->second;
      if (is_new) {
        kept_bytes += bytes;
        room_for.bytes = take_spare();
        room_for.bytes.resize(static_cast<std::size_t>(bytes));
        room_for.is_planes = may_stay_shuffled && (chunk.skipped & 1) == 0;
      }
      if (!room_for.is_decoded) {
        pieces.first.push_back(piece(
            [this, &chunk, &room_for](Workspace& space) {
              decode(chunk, room_for.bytes, space, room_for.is_planes);
              room_for.is_decoded = true;
            },
            fmt::format(" chunk {}", index)));
      }
      add_to_band(*band, of, room_for, first);
    }
    band->order();
    const std::uint64_t tile = ChunkBand::tile_rows(row_bytes);
    const std::uint64_t step = std::max(tile, kGatheredBytes / row_bytes / tile * tile);
    for (std::uint64_t done = 0; done < n; done += step) {
      const std::uint64_t count = std::min(step, n - done);
      pieces.then.push_back(piece([=, this](Workspace& space) {
        const Stopwatch watch(space.seconds.copying);
        band->gather(done, count, to + done * row_bytes, row_bytes);
      }));
    }
    return true;
  }

  // The values of one decoded chunk, from its row `first` on.
  void add_to_band(ChunkBand& band, std::size_t of, const DecodedChunk& chunk, std::uint64_t first) const {
    if (!is_columns || (!chunk.is_planes && moves[of].front().swapped))
      return band.add_moves(moves[of], chunk.bytes.data() + first * row_stride,
                            static_cast<std::size_t>(row_stride));
    const auto size = static_cast<std::size_t>(dataset.element_bytes);
    for (const RowMove& move : moves[of]) {
      for (std::size_t i = 0; i < move.count; ++i) {
        const std::size_t value = move.from / size + i + static_cast<std::size_t>(first);
        const std::size_t to = move.to + i * size;
        chunk.is_planes
            ? band.add_planes(chunk.bytes.data() + value, chunk.bytes.size() / size, to, move.swapped)
            : band.add_column(chunk.bytes.data() + value * size, to);
      }
    }
  }

  void decode(const h5::StoredChunk& chunk, std::span<std::byte> into, Workspace& space,
              bool leaves_planes = false) const {
    if (is_unfiltered(chunk)) {
      check_unfiltered(chunk);
      return read(chunk.offset, into, space.seconds);
    }
    const std::span<std::byte> stored = room(space.stored, chunk.bytes);
    read(chunk.offset, stored, space.seconds);
    const Stopwatch watch(space.seconds.decoding);
    leaves_planes ? decoder->decode_planes(stored, chunk.skipped, into, space.codec)
                  : decoder->decode(stored, chunk.skipped, into, space.codec);
  }

  bool is_unfiltered(const h5::StoredChunk& chunk) const {
    const std::uint64_t all =
        dataset.filters.size() >= 32 ? UINT32_MAX : (std::uint64_t{1} << dataset.filters.size()) - 1;
    return (chunk.skipped & all) == all;
  }

  void check_unfiltered(const h5::StoredChunk& chunk) const {
    if (chunk.bytes != dataset.chunk_bytes())
      throw Error(ErrorCode::corrupt_file, "has another size than its chunks");
  }

  // Rows [first, first + n) of a chunk; `whole` when these are all that it has.
  void add_chunk(std::uint64_t block, std::uint64_t beside, std::uint64_t first, std::uint64_t n, bool whole,
                 std::byte* to, Pieces& pieces) {
    const std::uint64_t index = chunk_index(block, beside);
    const h5::StoredChunk& chunk = dataset.chunks.at(static_cast<std::size_t>(index));
    const auto of = static_cast<std::size_t>(beside);
    if (chunk.bytes == 0) return add_filled(n, of, to, pieces);
    const auto found = kept.find(index);
    if (found != kept.end() && found->second.is_decoded && !found->second.is_planes) {
      const std::byte* from = found->second.bytes.data() + first * row_stride;
      pieces.first.push_back(
          piece([=, this](Workspace& space) { move(moves[of], from, row_stride, n, to, space.seconds); }));
      return;
    }
    const std::string part = fmt::format(" chunk {}", index);
    if (is_unfiltered(chunk) && row_axis == 0) {
      pieces.first.push_back(piece(
          [=, this, &chunk](Workspace& space) {
            check_unfiltered(chunk);
            const bool direct = is_whole_row(moves[of], row_stride, row_bytes);
            const auto bytes = static_cast<std::size_t>(n * row_stride);
            const std::span<std::byte> stored = direct ? std::span(to, bytes) : room(space.stored, bytes);
            read(chunk.offset + first * row_stride, stored, space.seconds);
            if (!direct) move(moves[of], stored.data(), row_stride, n, to, space.seconds);
          },
          part));
      return;
    }
    pieces.first.push_back(piece(
        [=, this, &chunk](Workspace& space) {
          const std::uint64_t bytes = dataset.chunk_bytes();
          if (whole && n == block_rows && is_whole_row(moves[of], row_stride, row_bytes))
            return decode(chunk, {to, static_cast<std::size_t>(bytes)}, space);
          const std::span<std::byte> decoded = room(space.decoded, bytes);
          decode(chunk, decoded, space);
          move(moves[of], decoded.data() + first * row_stride, row_stride, n, to, space.seconds);
          if (!whole) keep(index, decoded);
        },
        part));
  }

  void keep(std::uint64_t index, std::span<const std::byte> decoded) {
    const std::lock_guard lock(kept_mutex);
    if (kept_bytes + decoded.size() > most_kept || kept.count(index) > 0) return;
    kept_bytes += decoded.size();
    std::vector<std::byte> bytes = take_spare();
    bytes.assign(decoded.begin(), decoded.end());
    kept.emplace(index, DecodedChunk{.bytes = std::move(bytes), .is_decoded = true});
  }

  // The chunks of a band that hold values, by their place beside each other.
  std::vector<std::size_t> chunks_beside(std::uint64_t block) const {
    std::vector<std::size_t> stored;
    for (std::size_t of = 0; of < moves.size(); ++of) {
      if (!moves[of].empty() && dataset.chunks.at(static_cast<std::size_t>(chunk_index(block, of))).bytes > 0)
        stored.push_back(of);
    }
    return stored;
  }

  void decode_shared(std::uint64_t index, DecodedChunk& into, Workspace& space) const {
    const h5::StoredChunk& chunk = dataset.chunks[static_cast<std::size_t>(index)];
    into.bytes.resize(static_cast<std::size_t>(dataset.chunk_bytes()));
    into.is_planes = may_stay_shuffled && (chunk.skipped & 1) == 0;
    try {
      decode(chunk, into.bytes, space, into.is_planes);
    } catch (const Error& error) {
      throw placed(error, fmt::format(" chunk {}", index));
    }
    into.is_decoded = true;
  }

  ChunkBand join(std::uint64_t block, const std::vector<std::size_t>& beside,
                 const std::vector<DecodedChunk>& chunks) const {
    ChunkBand band(static_cast<std::size_t>(dataset.element_bytes));
    for (std::size_t i = 0; i < beside.size(); ++i) add_to_band(band, beside[i], chunks[i], 0);
    for (std::size_t of = 0; of < moves.size(); ++of) {
      if (!moves[of].empty() && dataset.chunks[static_cast<std::size_t>(chunk_index(block, of))].bytes == 0)
        band.add_moves(fill_moves[of], fill.data(), 0);
    }
    band.order();
    return band;
  }

  void read_shared(std::uint64_t first, std::uint64_t n, std::byte* to) {
    Workspace* space = take_workspace();
    const GiveBack give_back{*this, space};
    for (std::uint64_t block = first / block_rows; block * block_rows < first + n; ++block) {
      const std::uint64_t begin = block * block_rows, from = std::max(begin, first);
      const std::uint64_t until = std::min(begin + block_rows, first + n);
      const std::vector<std::size_t> beside = chunks_beside(block);
      const SharedBands::Use band = shared->get(
          block, beside.size(),
          [&](std::size_t chunk, DecodedChunk& into) {
            decode_shared(chunk_index(block, beside[chunk]), into, *space);
          },
          [&](const std::vector<DecodedChunk>& chunks) { return join(block, beside, chunks); });
      const Stopwatch watch(space->seconds.copying);
      band->gather(from - begin, until - from, to + (from - first) * row_bytes, row_bytes);
    }
  }

  Workspace* take_workspace() {
    const std::lock_guard lock(kept_mutex);
    if (idle.empty()) return shared_workspaces.emplace_back(std::make_unique<Workspace>()).get();
    Workspace* space = idle.back();
    idle.pop_back();
    return space;
  }

  struct GiveBack {
    Impl& to;
    Workspace* space;
    ~GiveBack() {
      const std::lock_guard lock(to.kept_mutex);
      to.idle.push_back(space);
    }
  };

  std::vector<std::byte> take_spare() {
    if (spare.empty()) return {};
    std::vector<std::byte> bytes = std::move(spare.back());
    spare.pop_back();
    return bytes;
  }

  // Chunks without rows in [first, first + n).
  void forget(std::uint64_t first, std::uint64_t n) {
    for (auto next = kept.begin(); next != kept.end();) {
      const std::uint64_t bands = rows / block_rows + (rows % block_rows != 0 ? 1 : 0);
      const std::uint64_t block = row_axis == 0 ? next->first / grid_columns : next->first % bands;
      if (block * block_rows < first + n && (block + 1) * block_rows > first) {
        ++next;
        continue;
      }
      kept_bytes -= next->second.bytes.size();
      spare.push_back(std::move(next->second.bytes));
      next = kept.erase(next);
    }
  }
};

StoredRows::StoredRows(h5::InputFile input, h5::StoredDataset dataset, bool transposed,
                       const std::vector<RowValue>& values, std::size_t row_bytes, std::size_t most_kept)
    : impl_(std::make_unique<Impl>(std::move(input), std::move(dataset), transposed, values, row_bytes,
                                   most_kept)) {}
StoredRows::StoredRows(StoredRows&&) noexcept = default;
StoredRows& StoredRows::operator=(StoredRows&&) noexcept = default;
StoredRows::~StoredRows() = default;

const h5::StoredDataset& StoredRows::dataset() const {
  return impl_->dataset;
}

std::uint64_t StoredRows::rows() const {
  return impl_->rows;
}

std::size_t StoredRows::row_bytes() const {
  return impl_->row_bytes;
}

std::uint64_t StoredRows::band_rows() const {
  return impl_->decoder ? impl_->block_rows : 1;
}

std::uint64_t StoredRows::band_bytes() const {
  if (!impl_->decoder) return 0;
  std::uint64_t used = 0;
  for (const std::vector<RowMove>& moves : impl_->moves) used += moves.empty() ? 0 : 1;
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(used, impl_->dataset.chunk_bytes(), &bytes) ? UINT64_MAX : bytes;
}

std::optional<std::uint64_t> StoredRows::direct_offset() const {
  const bool is_plain =
      impl_->dataset.layout == h5::Layout::contiguous && impl_->dataset.offset && impl_->row_axis == 0;
  if (!is_plain || !is_whole_row(impl_->moves[0], impl_->row_stride, impl_->row_bytes)) return std::nullopt;
  return impl_->dataset.offset;
}

void StoredRows::add_pieces(std::uint64_t first, std::uint64_t n, std::byte* to, std::size_t threads,
                            Pieces& pieces) {
  if (n == 0) return;
  if (impl_->workspaces.size() < threads) impl_->workspaces.resize(threads);
  if (!impl_->decoder) return impl_->add_contiguous(first, n, to, pieces);
  impl_->forget(first, n);
  impl_->add_chunks(first, n, to, pieces);
}

bool StoredRows::share(std::size_t threads) {
  if (!impl_->decoder || impl_->row_bytes == 0) return false;
  // Of every thread the band that it reads and the one that it leaves to the thread before it to end.
  const std::uint64_t bands = 2 * threads + 1;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(band_bytes(), bands, &bytes) || bytes > impl_->most_kept) return false;
  impl_->shared.emplace(static_cast<std::size_t>(bands));
  return true;
}

void StoredRows::read_shared(std::uint64_t first, std::uint64_t n, std::byte* to) const {
  if (n > 0) impl_->read_shared(first, n, to);
}

ReadSeconds StoredRows::seconds() const {
  ReadSeconds all;
  for (const std::unique_ptr<Workspace>& space : impl_->shared_workspaces) all += space->seconds;
  for (const Workspace& space : impl_->workspaces) all += space.seconds;
  return all;
}

}  // namespace evenscore
