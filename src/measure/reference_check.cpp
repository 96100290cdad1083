#include "measure/reference_check.h"

#include <algorithm>
#include <chrono>

#include "measure/row_range.h"

namespace evenscore::measure {
namespace {

constexpr std::int64_t kBlockRows = 256;

/// First rows of the blocks.
std::vector<std::int64_t> block_starts(std::int64_t rows, std::int64_t sample_rows) {
  std::vector<std::int64_t> starts;
  if (sample_rows >= rows) {
    for (std::int64_t row = 0; row < rows; row += kBlockRows) starts.push_back(row);
    return starts;
  }
  const std::int64_t blocks = std::max<std::int64_t>(2, sample_rows / kBlockRows);
  const std::int64_t last = std::max<std::int64_t>(0, rows - kBlockRows);
  for (std::int64_t block = 0; block < blocks; ++block) starts.push_back(last * block / (blocks - 1));
  return starts;
}

}  // namespace

ReferenceCheck::ReferenceCheck(const Program& program, const RowsView& rows, const ResultLayout& layout,
                               std::int64_t sample_rows)
    : layout_(layout) {
  const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, program);
  const auto start = std::chrono::steady_clock::now();
  for (const std::int64_t first : block_starts(rows.count, sample_rows)) {
    const std::int64_t count = std::min(kBlockRows, rows.count - first);
    Block block{first, count, std::vector<std::uint64_t>(static_cast<std::size_t>(layout.words(count)))};
    reference->run(row_range(rows, first, count), layout.view(block.results, count, 0));
    blocks_.push_back(std::move(block));
    sampled_ += count;
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  rows_per_second_ = static_cast<double>(sampled_) / taken.count();
}

std::string ReferenceCheck::first_difference(std::span<std::uint64_t> results, std::int64_t layout_rows,
                                             std::int64_t rows) {
  for (Block& block : blocks_) {
    if (block.first >= rows) break;
    std::string difference = layout_.first_difference(layout_.view(results, layout_rows, block.first),
                                                      layout_.view(block.results, block.count, 0),
                                                      std::min(block.count, rows - block.first), block.first);
    if (!difference.empty()) return difference;
  }
  return {};
}

std::string ReferenceCheck::first_difference(const ReadResults& read) {
  std::vector<std::uint64_t> words;
  for (Block& block : blocks_) {
    words.assign(block.results.size(), 0);
    const OutputsView ours = layout_.view(words, block.count, 0);
    read(block.first, block.count, ours);
    std::string difference =
        layout_.first_difference(ours, layout_.view(block.results, block.count, 0), block.count, block.first);
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace evenscore::measure
