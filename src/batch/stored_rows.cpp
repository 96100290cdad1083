#include "batch/stored_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "base/stopwatch.h"
#include "batch/chunk_band.h"
#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kDirectBytes = std::uint64_t{1} << 20;      // of one plain read into place
constexpr std::uint64_t kGatheredBytes = std::uint64_t{256} << 10;  // of one that is gathered from afterwards

}  // namespace

void StoredRows::Pieces::run(TaskPool& pool) const {
  for (const std::vector<Piece>* pieces : {&first, &then})
    pool.run(pieces->size(), [&](std::size_t piece, std::size_t thread) { (*pieces)[piece](thread); });
}

struct StoredRows::Impl : RowLayout {
  std::size_t most_kept;
  std::vector<ReadWorkspace> workspaces;
  std::optional<SharedRows> shared;

  std::mutex kept_mutex;
  std::map<std::uint64_t, DecodedChunk> kept;  // decoded chunks that the next rows begin in
  std::uint64_t kept_bytes = 0;
  std::vector<std::vector<std::byte>> spare;  // memory of chunks that were kept, for the next ones

  Impl(h5::InputFile file, h5::StoredDataset stored, bool transposed, const std::vector<RowValue>& values,
       std::size_t bytes, std::size_t most)
      : RowLayout(std::move(file), std::move(stored), transposed, values, bytes), most_kept(most) {}

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

  void add_contiguous(std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    const bool is_one_piece = dataset.layout == h5::Layout::compact || !dataset.offset;
    const bool direct = row_axis == 0 && is_whole_row(0);
    const std::uint64_t stored_row = std::max<std::uint64_t>(1, columns * dataset.element_bytes);
    const std::uint64_t step =
        is_one_piece ? n : std::max<std::uint64_t>(1, (direct ? kDirectBytes : kGatheredBytes) / stored_row);
    for (std::uint64_t done = 0; done < n; done += step) {
      const std::uint64_t from = first + done, count = std::min(step, n - done);
      std::byte* target = to + done * row_bytes;
      pieces.first.push_back(
          piece([=, this](ReadWorkspace& space) { read_rows(from, count, target, space); }));
    }
  }

  void add_chunks(std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    for (std::uint64_t block = first / block_rows; block * block_rows < first + n; ++block) {
      const std::uint64_t begin = block * block_rows, end = std::min(begin + block_rows, rows);
      const std::uint64_t from = std::max(begin, first), until = std::min(end, first + n);
      std::byte* target = to + (from - first) * row_bytes;
      if (add_band(block, from - begin, until - from, target, pieces)) continue;
      for (const std::size_t beside : beside_each_other())
        add_chunk(block, beside, from - begin, until - from, until - from == end - begin, target, pieces);
    }
  }

  // Rows [first, first + n) of several chunks beside each other: all are decoded, then their values are
  // gathered by a few rows at a time, which a cache holds: one chunk after the other would fetch each line of
  // `to` as often as there are chunks. False where they would take too much memory, or there are not several.
  bool add_band(std::uint64_t block, std::uint64_t first, std::uint64_t n, std::byte* to, Pieces& pieces) {
    const std::uint64_t bytes = dataset.chunk_bytes();
    const std::vector<std::size_t> blocks = beside_each_other();
    std::uint64_t more = 0;
    for (const std::size_t beside : blocks) {
      if (chunk(block, beside).bytes > 0 && kept.count(chunk_index(block, beside)) == 0) more += bytes;
    }
    if (blocks.size() < 2 || kept_bytes + more > most_kept) return false;
    const auto band = std::make_shared<ChunkBand>(static_cast<std::size_t>(dataset.element_bytes));
    for (const std::size_t beside : blocks) {
      const std::uint64_t index = chunk_index(block, beside);
      const h5::StoredChunk& stored = chunk(block, beside);
      if (stored.bytes == 0) {
        add_fill_to_band(*band, beside);
        continue;
      }
      const auto [entry, is_new] = kept.try_emplace(index);
      DecodedChunk& room_for = entry->second;
      if (is_new) {
        kept_bytes += bytes;
        room_for.bytes = take_spare();
        room_for.bytes.resize(static_cast<std::size_t>(bytes));
        room_for.is_planes = stays_shuffled(stored);
      }
      if (!room_for.is_decoded) {
        pieces.first.push_back(piece(
            [this, &stored, &room_for](ReadWorkspace& space) {
              decode(stored, room_for.bytes, space, room_for.is_planes);
              room_for.is_decoded = true;
            },
            fmt::format(" chunk {}", index)));
      }
      add_to_band(*band, beside, room_for.bytes.data(), room_for.is_planes, first);
    }
    band->order();
    const std::uint64_t tile = ChunkBand::tile_rows(row_bytes);
    const std::uint64_t step = std::max(tile, kGatheredBytes / row_bytes / tile * tile);
    for (std::uint64_t done = 0; done < n; done += step) {
      const std::uint64_t count = std::min(step, n - done);
      pieces.then.push_back(piece([=, this](ReadWorkspace& space) {
        const Stopwatch watch(space.seconds.copying);
        band->gather(done, count, to + done * row_bytes, row_bytes);
      }));
    }
    return true;
  }

  // Rows [first, first + n) of a chunk; `whole` when these are all that it has.
  void add_chunk(std::uint64_t block, std::size_t beside, std::uint64_t first, std::uint64_t n, bool whole,
                 std::byte* to, Pieces& pieces) {
    const std::uint64_t index = chunk_index(block, beside);
    const h5::StoredChunk& stored = chunk(block, beside);
    if (stored.bytes == 0) {
      pieces.first.push_back(
          piece([=, this](ReadWorkspace& space) { move_fill(beside, n, to, space.seconds); }));
      return;
    }
    const auto found = kept.find(index);
    if (found != kept.end() && found->second.is_decoded && !found->second.is_planes) {
      const std::byte* from = found->second.bytes.data() + first * row_stride;
      pieces.first.push_back(
          piece([=, this](ReadWorkspace& space) { move_values(beside, from, n, to, space.seconds); }));
      return;
    }
    pieces.first.push_back(piece(
        [=, this, &stored](ReadWorkspace& space) {
          if (is_unfiltered(stored) && row_axis == 0)
            return read_chunk_rows(stored, beside, first, n, to, space);
          const auto bytes = static_cast<std::size_t>(dataset.chunk_bytes());
          if (whole && n == block_rows && is_whole_row(beside)) return decode(stored, {to, bytes}, space);
          const std::span<std::byte> decoded = room(space.decoded, bytes);
          decode(stored, decoded, space);
          move_values(beside, decoded.data() + first * row_stride, n, to, space.seconds);
          if (!whole) keep(index, decoded);
        },
        fmt::format(" chunk {}", index)));
  }

  void keep(std::uint64_t index, std::span<const std::byte> decoded) {
    const std::lock_guard lock(kept_mutex);
    if (kept_bytes + decoded.size() > most_kept || kept.count(index) > 0) return;
    kept_bytes += decoded.size();
    std::vector<std::byte> bytes = take_spare();
    bytes.assign(decoded.begin(), decoded.end());
    kept.emplace(index, DecodedChunk{.bytes = std::move(bytes), .is_decoded = true});
  }

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
  std::uint64_t bytes = 0;
  return __builtin_mul_overflow(impl_->beside_each_other().size(), impl_->dataset.chunk_bytes(), &bytes)
             ? UINT64_MAX
             : bytes;
}

std::optional<std::uint64_t> StoredRows::direct_offset() const {
  const bool is_plain =
      impl_->dataset.layout == h5::Layout::contiguous && impl_->dataset.offset && impl_->row_axis == 0;
  if (!is_plain || !impl_->is_whole_row(0)) return std::nullopt;
  return impl_->dataset.offset;
}

bool StoredRows::reads_columns() const {
  return impl_->row_axis != 0 && !impl_->decoder;
}

void StoredRows::add_pieces(std::uint64_t first, std::uint64_t n, std::byte* to, std::size_t threads,
                            Pieces& pieces) {
  if (n == 0) return;
  if (impl_->workspaces.size() < threads) impl_->workspaces.resize(threads);
  if (!impl_->decoder) return impl_->add_contiguous(first, n, to, pieces);
  impl_->forget(first, n);
  impl_->add_chunks(first, n, to, pieces);
}

bool StoredRows::share(std::size_t threads, std::size_t most_bytes) {
  if (impl_->row_bytes == 0) return false;
  // Of every thread the band that it reads and the one that it leaves to the thread before it to end.
  const std::uint64_t bands = 2 * threads;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(band_bytes(), bands, &bytes) || bytes > most_bytes) return false;
  impl_->shared.emplace(*impl_, static_cast<std::size_t>(bands));
  return true;
}

void StoredRows::read_shared(std::uint64_t first, std::uint64_t n, std::byte* to) const {
  if (n > 0) impl_->shared->read(first, n, to);
}

std::unique_ptr<SharedRows::Part> StoredRows::add_shared(std::uint64_t first, std::uint64_t n,
                                                         ChunkBand& band) const {
  return std::make_unique<SharedRows::Part>(*impl_->shared, first, n, band);
}

std::uint64_t StoredRows::block_end(std::uint64_t row) const {
  return std::min(impl_->rows, (row / impl_->block_rows + 1) * impl_->block_rows);
}

ReadSeconds StoredRows::seconds() const {
  ReadSeconds all;
  if (impl_->shared) all += impl_->shared->seconds();
  for (const ReadWorkspace& space : impl_->workspaces) all += space.seconds;
  return all;
}

}  // namespace evenscore
