#include "batch/unfinished_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "evenscore/error.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::size_t kPiece = std::size_t{4} << 20;
constexpr std::int64_t kBlockRows = BlockDigest::kBlockRows;

bool set_offsets(const JournalHeader& header, OutputColumns& columns) {
  if (header.columns.size() != columns.size()) return false;
  auto noted = header.columns.begin();
  for (auto& [name, column] : columns) {
    if (noted->name != name || noted->row_bytes != column.row_bytes()) return false;
    column.offset = noted->offset;
    ++noted;
  }
  return true;
}

// The hash of a block of a column's rows, and how many of its bytes are 0 where `zeros` is given.
BlockHash hash_of(const h5::PartFile& file, const OutputColumn& column, std::int64_t block,
                  std::int64_t* zeros) {
  const std::size_t row = column.row_bytes();
  const auto step = static_cast<std::int64_t>(std::max<std::size_t>(1, kPiece / row));
  BlockDigest digest(row);
  BlockHash hash{};
  std::vector<std::byte> piece;
  for (std::int64_t done = 0; done < kBlockRows; done += step) {
    const std::int64_t n = std::min(step, kBlockRows - done);
    piece.resize(static_cast<std::size_t>(n) * row);
    file.read_at(column.offset + static_cast<std::uint64_t>(block * kBlockRows + done) * row, piece);
    const std::vector<BlockHash> ended = digest.update(piece.data(), n);
    if (!ended.empty()) hash = ended.front();
    if (zeros != nullptr) *zeros += std::count(piece.begin(), piece.end(), std::byte{0});
  }
  return hash;
}

bool take_over_block(const h5::PartFile& file, const JournalRecord& record, OutputLayout& layout,
                     UnfinishedRun& run) {
  if ((run.blocks() + 1) * kBlockRows > layout.wanted().rows) return false;
  std::int64_t bad = 0;
  std::size_t i = 0;
  for (const auto& [name, column] : layout.columns()) {
    std::int64_t zeros = 0;
    const bool is_status = name == "status";
    if (hash_of(file, column, run.blocks(), is_status ? &zeros : nullptr) != record.columns[i++])
      return false;
    if (is_status) bad = kBlockRows - zeros;
  }
  i = 0;
  for (auto& entry : layout.columns()) entry.second.digest.append({&record.columns[i++], 1});
  run.bad_rows += bad;
  run.row_blocks.push_back(record.rows);
  return true;
}

}  // namespace

void check_fingerprint(const Fingerprint& before, const Fingerprint& now) {
  const char* remedy = "run it as it was begun, or give --overwrite without --resume to start over";
  for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
    if (before[i] == now[i]) continue;
    const std::string name = before[i].first == now[i].first ? now[i].first : "job";
    throw Error(ErrorCode::bad_request,
                fmt::format("its unfinished run has another {}: {} then, {} now", name,
                            h5::printable(before[i].second), h5::printable(now[i].second)),
                {}, remedy);
  }
  if (before.size() != now.size())
    throw Error(ErrorCode::bad_request, "its unfinished run is of another job", {}, remedy);
}

std::optional<UnfinishedRun> take_over(const h5::PartFile& file, const Journal& journal,
                                       OutputLayout& layout) {
  const JournalHeader& header = journal.header;
  if (!set_offsets(header, layout.columns())) return std::nullopt;
  UnfinishedRun run;
  run.digests = {header.rows_digest_offset, header.outputs_digest_offset};
  const std::uint64_t size = file.identity().size;
  for (const std::uint64_t offset : {run.digests.rows, run.digests.outputs})
    if (offset > size || size - offset < DigestPlaces::kDigits) return std::nullopt;
  const std::optional<PartFrame> frame = PartFrame::read(file, layout.columns());
  if (!frame || frame->digest(run.digests) != header.frame) return std::nullopt;
  for (const JournalRecord& record : journal.records)
    if (!take_over_block(file, record, layout, run)) break;
  return run;
}

}  // namespace evenscore
