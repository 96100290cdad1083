#include "batch/progress_notes.h"

#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kBytesBetweenNotes = std::uint64_t{256} << 20;
constexpr std::uint64_t kBytesBetweenSyncs = std::uint64_t{8} << 20;

}  // namespace

ProgressNotes::ProgressNotes(h5::PartFile& file, OutputLayout& layout, const DigestPlaces& digests,
                             const Resumption& resumption, JournalFile& journal)
    : file_(file),
      layout_(layout),
      journal_(journal),
      digests_(digests),
      fingerprint_(resumption.fingerprint),
      seconds_(resumption.seconds),
      rows_noted_(resumption.rows_noted) {
  set_noted(0);
}

ProgressNotes::ProgressNotes(h5::PartFile& file, OutputLayout& layout, const UnfinishedRun& run,
                             const Resumption& resumption, JournalFile& journal, const Journal& before)
    : ProgressNotes(file, layout, run.digests, resumption, journal) {
  header_ = encode_header(before.header);
  set_noted(run.blocks());
  const std::size_t record = encode_record(header_, 0, before.records.front()).size();
  journal_.go_on(header_.size() + static_cast<std::uint64_t>(blocks_noted_) * record);
}

void ProgressNotes::add(std::uint64_t bytes, std::span<const BlockHash> row_blocks) {
  row_blocks_.insert(row_blocks_.end(), row_blocks.begin(), row_blocks.end());
  for (const auto& entry : layout_.columns()) {
    if (entry.second.ended.size() != row_blocks_.size())
      throw Error(ErrorCode::bad_request, "the hashes of the rows' blocks are missing");
  }
  bytes_since_note_ += bytes;
  bytes_since_sync_ += bytes;
  if (bytes_since_sync_ >= kBytesBetweenSyncs) {
    file_.begin_sync();
    bytes_since_sync_ = 0;
  }
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_note_;
  if (bytes_since_note_ >= kBytesBetweenNotes || since.count() >= seconds_) note();
}

// The data first, then what the journal says of it.
void ProgressNotes::note() {
  if (stopped_ || row_blocks_.empty()) return;
  stopped_ = true;  // until all of it has worked: a sync that failed is not repeated
  file_.sync_data();
  if (!journal_.is_open()) {
    header_ = encode_header(make_header());
    journal_.create(header_);
  }
  std::vector<std::byte> records;
  for (std::size_t i = 0; i < row_blocks_.size(); ++i) {
    JournalRecord record;
    record.rows = row_blocks_[i];
    for (const auto& entry : layout_.columns()) record.columns.push_back(entry.second.ended[i]);
    const std::vector<std::byte> bytes =
        encode_record(header_, static_cast<std::uint64_t>(blocks_noted_) + i, record);
    records.insert(records.end(), bytes.begin(), bytes.end());
  }
  journal_.append(records);
  set_noted(blocks_noted_ + static_cast<std::int64_t>(row_blocks_.size()));
  row_blocks_.clear();
  for (auto& entry : layout_.columns()) entry.second.ended.clear();
  file_.leave();
  bytes_since_note_ = 0;
  last_note_ = std::chrono::steady_clock::now();
  stopped_ = false;
}

void ProgressNotes::set_noted(std::int64_t blocks) {
  blocks_noted_ = blocks;
  if (rows_noted_ != nullptr) *rows_noted_ = blocks * BlockDigest::kBlockRows;
}

JournalHeader ProgressNotes::make_header() const {
  JournalHeader made;
  made.fingerprint = fingerprint_;
  for (const auto& [name, column] : layout_.columns())
    made.columns.push_back({name, column.offset, column.row_bytes()});
  made.rows_digest_offset = digests_.rows;
  made.outputs_digest_offset = digests_.outputs;
  made.frame = PartFrame::read(file_, layout_.columns()).value().digest(digests_);
  return made;
}

}  // namespace evenscore
