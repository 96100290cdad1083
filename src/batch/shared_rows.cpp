#include "batch/shared_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/stopwatch.h"

namespace evenscore {

SharedRows::Workplace::Workplace(SharedRows& of) : of_(of) {
  const std::lock_guard lock(of_.mutex_);
  if (of_.idle_.empty())
    of_.idle_.push_back(of_.workspaces_.emplace_back(std::make_unique<ReadWorkspace>()).get());
  space_ = of_.idle_.back();
  of_.idle_.pop_back();
}

SharedRows::Workplace::~Workplace() {
  const std::lock_guard lock(of_.mutex_);
  of_.idle_.push_back(space_);
}

SharedRows::Part::Part(SharedRows& of, std::uint64_t first, std::uint64_t n, ChunkBand& band)
    : of_(of), workplace_(of) {
  const RowLayout& layout = of_.layout_;
  try {
    if (!layout.decoder) {
      layout.collect_rows(first, n, *workplace_, band);
      return;
    }
    used_.emplace(of_.band(first, n, *workplace_));
    band.add_band(**used_, first % layout.block_rows);
  } catch (const Error& error) {
    throw layout.placed(error);
  }
}

void SharedRows::Part::gather(const ChunkBand& band, std::uint64_t n, std::byte* to) const {
  const Stopwatch watch((*workplace_).seconds.copying);
  band.gather(0, n, to, of_.layout_.row_bytes);
}

void SharedRows::read(std::uint64_t first, std::uint64_t n, std::byte* to) {
  const Workplace workplace(*this);
  try {
    layout_.decoder ? read_bands(first, n, to, *workplace) : layout_.read_rows(first, n, to, *workplace);
  } catch (const Error& error) {
    throw layout_.placed(error);
  }
}

void SharedRows::read_bands(std::uint64_t first, std::uint64_t n, std::byte* to, ReadWorkspace& space) {
  const std::uint64_t rows = layout_.block_rows;
  for (std::uint64_t block = first / rows; block * rows < first + n; ++block) {
    const std::uint64_t begin = block * rows, from = std::max(begin, first);
    const std::uint64_t until = std::min(begin + rows, first + n);
    const SharedBands::Use used = band(from, until - from, space);
    const Stopwatch watch(space.seconds.copying);
    used->gather(from - begin, until - from, to + (from - first) * layout_.row_bytes, layout_.row_bytes);
  }
}

// The band of rows [first, first + n).
SharedBands::Use SharedRows::band(std::uint64_t first, std::uint64_t n, ReadWorkspace& space) {
  const std::uint64_t block = first / layout_.block_rows;
  const std::vector<std::size_t> beside = layout_.beside_each_other();
  std::vector<std::size_t> stored;
  for (const std::size_t of : beside)
    if (layout_.chunk(block, of).bytes > 0) stored.push_back(of);
  const auto decode = [&](std::size_t i, DecodedChunk& into) {
    const h5::StoredChunk& chunk = layout_.chunk(block, stored[i]);
    into.bytes.resize(static_cast<std::size_t>(layout_.dataset.chunk_bytes()));
    into.is_planes = layout_.stays_shuffled(chunk);
    try {
      layout_.decode(chunk, into.bytes, space, into.is_planes);
    } catch (const Error& error) {
      throw layout_.placed(error, fmt::format(" chunk {}", layout_.chunk_index(block, stored[i])));
    }
    into.is_decoded = true;
  };
  const auto join = [&](const std::vector<DecodedChunk>& chunks) {
    ChunkBand joined(static_cast<std::size_t>(layout_.dataset.element_bytes));
    for (std::size_t i = 0; i < stored.size(); ++i)
      layout_.add_to_band(joined, stored[i], chunks[i].bytes.data(), chunks[i].is_planes, 0);
    for (const std::size_t of : beside)
      if (layout_.chunk(block, of).bytes == 0) layout_.add_fill_to_band(joined, of);
    joined.order();
    return joined;
  };
  const std::uint64_t rows = std::min(layout_.block_rows, layout_.rows - block * layout_.block_rows);
  return bands_.get({block, stored.size(), rows, n}, decode, join);
}

ReadSeconds SharedRows::seconds() const {
  ReadSeconds all;
  for (const std::unique_ptr<ReadWorkspace>& space : workspaces_) all += space->seconds;
  return all;
}

}  // namespace evenscore
