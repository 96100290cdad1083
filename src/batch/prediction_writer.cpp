#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "batch/block_digest.h"
#include "batch/journal_file.h"
#include "batch/label_table.h"
#include "evenscore/error.h"
#include "evenscore/prediction_file.h"
#include "h5/contiguous_file.h"
#include "h5/file_identity.h"
#include "h5/part_file.h"
#include "h5/text.h"
#include "h5/value_write.h"

namespace evenscore {
namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::int64_t kLabelRows = 65'536;  // labels are made this many at a time
constexpr int kMostInterruptions = 100;
constexpr std::uint64_t kMetadataRoom = 64 << 10;
constexpr std::uint64_t kBytesBetweenNotes = std::uint64_t{256} << 20;
constexpr std::uint64_t kBytesBetweenSyncs = std::uint64_t{32} << 20;
constexpr std::size_t kPiece = std::size_t{4} << 20;
constexpr const char* kNoRowsDigest = "no digest of the rows until the file is complete ...............";
constexpr const char* kNoOutputsDigest = "no digest of the outputs until the file is complete ............";

// A dataset with a row for each row scored.
struct Column {
  h5::ContiguousDataset dataset;
  std::uint64_t offset = 0;
  BlockDigest digest;
  std::vector<BlockHash> ended;  // blocks that are not in the journal yet

  explicit Column(h5::ContiguousDataset laid_out) : dataset(std::move(laid_out)), digest(row_bytes()) {}

  std::size_t row_bytes() const {
    std::size_t bytes = dataset.type.size();
    for (std::size_t i = 1; i < dataset.shape.size(); ++i) bytes *= dataset.shape[i];
    return bytes;
  }
};

std::string rows_text(std::uint64_t blocks, std::int64_t rows) {
  return fmt::format("{} of {} rows", blocks * static_cast<std::uint64_t>(BlockDigest::kBlockRows), rows);
}

bool is_digest(const std::string& text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

struct PredictionWriter::Impl {
  std::string path;
  PredictionLayout layout;
  std::optional<LabelTable> labels;
  std::map<std::string, Column> columns;  // in byte order of the names, which the outputs' digest needs
  std::string classes_digest;
  std::optional<h5::PartFile> file;
  std::vector<std::byte> label_bytes;
  std::int64_t rows_written = 0;
  std::uint64_t rows_digest_offset = 0, outputs_digest_offset = 0;

  std::optional<Resumption> resumption;
  std::optional<JournalFile> journal;
  std::vector<std::byte> header;                     // of the journal, as it is stored
  std::vector<BlockHash> blocks_before, row_blocks;  // of the run gone on with; not in the journal yet
  std::int64_t bad_rows_before = 0;
  std::uint64_t blocks_noted = 0, bytes_since_note = 0, bytes_since_sync = 0;
  std::chrono::steady_clock::time_point last_note = std::chrono::steady_clock::now();
  bool failed = false;

  Impl(const std::string& output, const PredictionLayout& wanted, const std::vector<std::string>& inputs,
       bool overwrite)
      : path(output), layout(wanted) {
    check_layout();
    lay_out();
    file.emplace(path, overwrite, inputs);
    create();
  }

  Impl(const std::string& output, const PredictionLayout& wanted, const std::vector<std::string>& inputs,
       bool overwrite, Resumption how)
      : path(output), layout(wanted), resumption(std::move(how)), journal(path) {
    check_layout();
    lay_out();
    resumption->fingerprint.emplace_back("version of evenscore", EVENSCORE_VERSION);
    file.emplace(path, overwrite, inputs, h5::Unfinished::keep);
    for (const std::string& input : inputs) {
      if (!h5::is_same_file(journal->journal_path(), input)) continue;
      throw Error(ErrorCode::bad_request, fmt::format("its journal is the input {}", input), {},
                  "choose another output");
    }
    const std::optional<Journal> before = file->is_kept() ? journal->read() : std::nullopt;
    if (before && !before->records.empty()) {
      if (resumption->resume) {
        check_fingerprint(before->header.fingerprint);
        if (go_on(*before)) return;
      } else if (!overwrite) {
        throw Error(ErrorCode::output_exists,
                    fmt::format("has an unfinished run beside it, with {} scored",
                                rows_text(before->records.size(), layout.rows)),
                    {}, "give --resume to go on with it, or --overwrite to start over");
      }
    }
    journal->remove();
    if (file->is_kept()) file->start_over();
    create();
  }

  void check_fingerprint(const Fingerprint& before) const {
    const Fingerprint& now = resumption->fingerprint;
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

  // Whether the file of the unfinished run is the one its journal tells of; then its rows are taken over, up
  // to the first block that is not as it was noted.
  bool go_on(const Journal& before) {
    const JournalHeader& old = before.header;
    const h5::FileIdentity part = file->identity();
    if (old.columns.size() != columns.size()) return false;
    auto noted = old.columns.begin();
    for (auto& [name, column] : columns) {
      const std::uint64_t bytes = column.dataset.bytes();
      if (noted->name != name || noted->row_bytes != column.row_bytes() || noted->offset > part.size ||
          bytes > part.size - noted->offset) {
        return false;
      }
      column.offset = noted->offset;
      ++noted;
    }
    rows_digest_offset = old.rows_digest_offset;
    outputs_digest_offset = old.outputs_digest_offset;
    const auto inside = [&](std::uint64_t offset) {
      return offset <= part.size && part.size - offset >= kDigestDigits;
    };
    if (!inside(rows_digest_offset) || !inside(outputs_digest_offset)) return false;
    const std::optional<std::map<std::uint64_t, std::vector<std::byte>>> frame = read_frame(part.size);
    if (!frame || frame_digest(*frame) != old.frame) return false;
    const std::vector<std::byte> record_bytes = encode_record({}, 0, before.records.front());
    header = encode_header(old);
    for (const JournalRecord& record : before.records) {
      if (!take_over(record)) break;
      ++blocks_noted;
      blocks_before.push_back(record.rows);
    }
    rows_written = static_cast<std::int64_t>(blocks_noted) * BlockDigest::kBlockRows;
    journal->go_on(header.size() + blocks_noted * record_bytes.size());
    if (labels) digest_classes();
    return true;
  }

  bool take_over(const JournalRecord& record) {
    const std::uint64_t first = blocks_noted * static_cast<std::uint64_t>(BlockDigest::kBlockRows);
    if (first + static_cast<std::uint64_t>(BlockDigest::kBlockRows) > static_cast<std::uint64_t>(layout.rows))
      return false;
    std::int64_t bad = 0;
    std::size_t i = 0;
    std::vector<std::byte> piece;
    for (const auto& [name, column] : columns) {
      const std::size_t row = column.row_bytes();
      const auto step = static_cast<std::int64_t>(std::max<std::size_t>(1, kPiece / row));
      BlockDigest digest(row);
      std::vector<BlockHash> hashes;
      for (std::int64_t done = 0; done < BlockDigest::kBlockRows; done += step) {
        const std::int64_t n = std::min(step, BlockDigest::kBlockRows - done);
        piece.resize(static_cast<std::size_t>(n) * row);
        file->read_at(column.offset + (first + static_cast<std::uint64_t>(done)) * row, piece);
        hashes = digest.update(piece.data(), n);
        if (name == "status") bad += n - std::count(piece.begin(), piece.end(), std::byte{0});
      }
      if (hashes.size() != 1 || hashes.front() != record.columns[i++]) return false;
    }
    i = 0;
    for (auto& entry : columns) entry.second.digest.append({&record.columns[i++], 1});
    bad_rows_before += bad;
    return true;
  }

  // The bytes of the file that are no rows, by their offsets; nothing where columns overlap.
  std::optional<std::map<std::uint64_t, std::vector<std::byte>>> read_frame(std::uint64_t size) const {
    std::map<std::uint64_t, std::uint64_t> extents{{size, 0}};
    for (const auto& entry : columns) {
      const std::uint64_t bytes = entry.second.dataset.bytes();
      if (bytes > 0 && !extents.emplace(entry.second.offset, bytes).second) return std::nullopt;
    }
    std::map<std::uint64_t, std::vector<std::byte>> frame;
    std::uint64_t at = 0;
    for (const auto& [offset, bytes] : extents) {
      if (offset < at) return std::nullopt;
      std::vector<std::byte>& gap = frame[at];
      gap.resize(static_cast<std::size_t>(offset - at));
      file->read_at(at, gap);
      at = offset + bytes;
    }
    return frame;
  }

  // The places of the digests count as zeros.
  std::string frame_digest(const std::map<std::uint64_t, std::vector<std::byte>>& frame) const {
    BlockDigest digest(1);
    for (const auto& [at, bytes] : frame) {
      std::vector<std::byte> masked = bytes;
      for (const std::uint64_t offset : {rows_digest_offset, outputs_digest_offset}) {
        if (offset < at || offset - at > masked.size() || masked.size() - (offset - at) < kDigestDigits)
          continue;
        std::fill_n(masked.begin() + static_cast<std::ptrdiff_t>(offset - at), kDigestDigits, std::byte{0});
      }
      digest.update(masked.data(), static_cast<std::int64_t>(masked.size()));
    }
    return digest.hex();
  }

  static std::uint64_t find(const std::map<std::uint64_t, std::vector<std::byte>>& frame,
                            std::string_view text) {
    std::vector<std::uint64_t> found;
    const auto same = [](std::byte a, char b) { return a == static_cast<std::byte>(b); };
    for (const auto& [at, bytes] : frame) {
      auto next = bytes.begin();
      while ((next = std::search(next, bytes.end(), text.begin(), text.end(), same)) != bytes.end()) {
        found.push_back(at + static_cast<std::uint64_t>(next - bytes.begin()));
        ++next;
      }
    }
    if (found.size() != 1)
      throw Error(ErrorCode::bad_request, fmt::format("cannot be laid out: \"{}\" is in its names", text));
    return found.front();
  }

  JournalHeader make_header() const {
    JournalHeader made;
    made.fingerprint = resumption->fingerprint;
    for (const auto& [name, column] : columns)
      made.columns.push_back({name, column.offset, column.row_bytes()});
    made.rows_digest_offset = rows_digest_offset;
    made.outputs_digest_offset = outputs_digest_offset;
    made.frame = frame_digest(read_frame(file->identity().size).value());
    return made;
  }

  // The data first, then what the journal says of it.
  void note() {
    if (!resumption || row_blocks.empty()) return;
    failed = true;  // until all of it has worked: a sync that failed is not repeated
    file->sync_data();
    if (!journal->is_open()) {
      header = encode_header(make_header());
      journal->create(header);
    }
    std::vector<std::byte> records;
    for (std::size_t i = 0; i < row_blocks.size(); ++i) {
      JournalRecord record;
      record.rows = row_blocks[i];
      for (const auto& entry : columns) record.columns.push_back(entry.second.ended[i]);
      const std::vector<std::byte> bytes = encode_record(header, blocks_noted + i, record);
      records.insert(records.end(), bytes.begin(), bytes.end());
    }
    journal->append(records);
    blocks_noted += row_blocks.size();
    row_blocks.clear();
    for (auto& entry : columns) entry.second.ended.clear();
    file->leave();
    bytes_since_note = 0;
    last_note = std::chrono::steady_clock::now();
    failed = false;
  }

  void note_if_due() {
    if (bytes_since_sync >= kBytesBetweenSyncs) {
      file->begin_sync();
      bytes_since_sync = 0;
    }
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_note;
    if (bytes_since_note >= kBytesBetweenNotes || since.count() >= resumption->seconds) note();
  }

  std::int64_t suspend() {
    if (!failed) note();
    return static_cast<std::int64_t>(blocks_noted) * BlockDigest::kBlockRows;
  }

  ~Impl() {
    try {
      if (resumption && file) suspend();
    } catch (const Error&) {  // what the journal holds already is kept
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void check_layout() const {
    const WantedOutputs& w = layout.wanted;
    const bool of_classes = w.label || w.label_index || w.proba || w.log_proba;
    if (layout.rows < 0 || layout.decision_columns < 0)
      throw Error(ErrorCode::bad_request, "a negative extent");
    if (of_classes && layout.classes.size() == 0) {
      throw Error(ErrorCode::bad_request, "labels and probabilities need a classifier", {},
                  "ask for prediction");
    }
    if (!of_classes && !w.decision && !w.prediction)
      throw Error(ErrorCode::bad_request, "no output is asked for");
  }

  void lay_out() {
    if (layout.classes.size() > 0) labels.emplace(layout.classes);
    WantedOutputs& wanted = layout.wanted;
    if (wanted.label && layout.mark_bad_rows && !labels->can_be_missing()) {
      wanted.label = false;
      wanted.label_index = true;
    }
    const auto rows = static_cast<std::uint64_t>(layout.rows);
    const ElementType real = layout.type == OutputType::f32 ? ElementType::f32 : ElementType::f64;
    const std::vector<std::uint64_t> per_class{rows, layout.classes.size()};
    std::vector<std::uint64_t> decision{rows};
    if (layout.decision_columns > 0) decision.push_back(static_cast<std::uint64_t>(layout.decision_columns));
    const auto number = [](ElementType element) {
      return h5::StoredType{h5::ValueKind::numeric, element, 0};
    };
    if (wanted.label) add({"label", labels->type(), {rows}});
    if (wanted.label_index) add({"label_index", number(ElementType::i32), {rows}});
    if (wanted.proba) add({"proba", number(real), per_class});
    if (wanted.log_proba) add({"log_proba", number(real), per_class});
    if (wanted.decision) add({"decision", number(real), decision});
    if (wanted.prediction) add({"prediction", number(real), decision});
    if (layout.mark_bad_rows) add({"status", number(ElementType::u8), {rows}});
  }

  void add(h5::ContiguousDataset dataset) { columns.emplace(dataset.name, Column(dataset)); }

  std::map<std::string, h5::Value> attributes() const {
    return {{"encoding-type", h5::text_value("evenscore-predictions")},
            {"encoding-version", h5::text_value("1.0.0")},
            {"evenscore_version", h5::text_value(EVENSCORE_VERSION)},
            {"pipeline_digest", h5::text_value(layout.pipeline_digest)},
            {"arithmetic", h5::text_value(layout.arithmetic)},
            {"source_name", h5::text_value(layout.source_name)},
            {"source_dataset", h5::text_value(layout.source_dataset)},
            {"rows", h5::count_value(static_cast<std::uint64_t>(layout.rows))},
            {"feature_order", h5::text_value(layout.feature_order)},
            {"rows_digest", h5::text_value(kNoRowsDigest)},
            {"outputs_digest", h5::text_value(kNoOutputsDigest)}};
  }

  void create() {
    std::vector<h5::ContiguousDataset> datasets;
    if (labels) datasets.push_back({"classes", labels->type(), {labels->size()}});
    for (const auto& [name, column] : columns) datasets.push_back(column.dataset);
    std::uint64_t size = kMetadataRoom;
    for (const h5::ContiguousDataset& dataset : datasets) size += dataset.bytes();
    file->check_room(size);
    const std::vector<std::uint64_t> offsets = create_datasets(datasets, size);
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < datasets.size(); ++i) {
      end = std::max(end, offsets[i] + datasets[i].bytes());
      const auto column = columns.find(datasets[i].name);
      if (column != columns.end()) column->second.offset = offsets[i];
    }
    file->reserve(end);
    if (labels) file->write_at(offsets.front(), digest_classes());
    const auto frame = read_frame(file->identity().size).value();
    rows_digest_offset = find(frame, kNoRowsDigest);
    outputs_digest_offset = find(frame, kNoOutputsDigest);
  }

  std::vector<std::uint64_t> create_datasets(const std::vector<h5::ContiguousDataset>& datasets,
                                             std::uint64_t size) {
    for (int left = kMostInterruptions;; --left) {
      file->reserve(size);  // a full disk must show here: libhdf5 cannot close a file it fails to flush
      try {
        return h5::create_contiguous_file(file->part_path(), datasets, attributes());
      } catch (const Error& error) {
        // libhdf5 gives up at a signal, and then keeps the file open: it gets another one.
        const std::string interrupted = std::generic_category().message(EINTR);
        if (left == 0 || !error.cause().starts_with(interrupted)) throw;
        file->start_over();
      }
    }
  }

  // The bytes of /classes.
  std::vector<std::byte> digest_classes() {
    const std::size_t size = labels->type().size();
    std::vector<std::int32_t> indices(labels->size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int32_t>(i);
    std::vector<std::byte> bytes(size * indices.size());
    labels->write(indices, bytes.data());
    BlockDigest digest(size);
    digest.update(bytes.data(), static_cast<std::int64_t>(indices.size()));
    classes_digest = digest.hex();
    return bytes;
  }

  void write(std::int64_t first, std::int64_t n, const OutputsView& outputs,
             std::span<const BlockHash> blocks) {
    if (first != rows_written || n < 0 || n > layout.rows - first) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("rows {} to {} after {} of {}", first, first + n, rows_written, layout.rows));
    }
    if (outputs.space != MemorySpace::host || outputs.type != layout.type) {
      throw Error(ErrorCode::bad_request, "results are not in host memory, or not of the output's type");
    }
    check_indices(first, n, outputs.label_index);
    for (auto& [name, column] : columns) {
      const void* source = name == "label" || name == "label_index" ? outputs.label_index
                           : name == "proba"                        ? outputs.proba
                           : name == "log_proba"                    ? outputs.log_proba
                           : name == "status"                       ? static_cast<const void*>(outputs.status)
                                                                    : outputs.decision;
      if (source == nullptr && n > 0)
        throw Error(ErrorCode::bad_request, "its results are missing", "/" + name);
      if (name == "label") {
        write_labels(column, first, {outputs.label_index, static_cast<std::size_t>(n)});
      } else {
        write_rows(column, first, n, static_cast<const std::byte*>(source));
      }
    }
    rows_written += n;
    if (!resumption) return;
    row_blocks.insert(row_blocks.end(), blocks.begin(), blocks.end());
    for (const auto& entry : columns) {
      if (entry.second.ended.size() != row_blocks.size())
        throw Error(ErrorCode::bad_request, "the hashes of the rows' blocks are missing");
    }
    note_if_due();
  }

  void check_indices(std::int64_t first, std::int64_t n, const std::int32_t* indices) const {
    if (indices == nullptr || !labels) return;
    const auto classes = static_cast<std::int64_t>(labels->size());
    for (std::int64_t i = 0; i < n; ++i) {
      if (indices[i] >= 0 && indices[i] < classes) continue;
      if (indices[i] == -1 && layout.mark_bad_rows) continue;
      if (indices[i] != -1)
        throw Error(ErrorCode::bad_request, fmt::format("no class has index {}", indices[i]));
      throw Error(ErrorCode::unscorable_row, fmt::format("row {} cannot be scored", first + i), {},
                  "give --bad-rows mark to go on past such rows");
    }
  }

  void write_labels(Column& column, std::int64_t first, std::span<const std::int32_t> indices) {
    while (!indices.empty()) {
      const std::size_t n = std::min<std::size_t>(indices.size(), kLabelRows);
      label_bytes.resize(n * column.row_bytes());
      labels->write(indices.first(n), label_bytes.data());
      write_rows(column, first, static_cast<std::int64_t>(n), label_bytes.data());
      first += static_cast<std::int64_t>(n);
      indices = indices.subspan(n);
    }
  }

  void write_rows(Column& column, std::int64_t first, std::int64_t n, const std::byte* rows) {
    const std::size_t row = column.row_bytes();
    const std::size_t bytes = static_cast<std::size_t>(n) * row;
    file->write_at(column.offset + static_cast<std::uint64_t>(first) * row, {rows, bytes});
    const std::vector<BlockHash> ended = column.digest.update(rows, n);
    if (!resumption) return;
    column.ended.insert(column.ended.end(), ended.begin(), ended.end());
    bytes_since_note += bytes;
    bytes_since_sync += bytes;
  }

  std::string outputs_digest() const {
    std::map<std::string, std::string> digests;
    if (labels) digests["classes"] = classes_digest;
    for (const auto& [name, column] : columns) digests[name] = column.digest.hex();
    Sha256 all;
    for (const auto& [name, digest] : digests) {
      all.update(std::string_view(name.c_str(), name.size() + 1));
      all.update(digest);
    }
    return all.hex();
  }

  void finish(const std::string& rows_digest) {
    if (rows_written != layout.rows) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("{} of {} rows are written", rows_written, layout.rows));
    }
    if (!is_digest(rows_digest)) throw Error(ErrorCode::bad_request, "the rows' digest is not a SHA-256");
    file->write_at(rows_digest_offset, std::as_bytes(std::span(rows_digest)));
    const std::string digits = outputs_digest();
    file->write_at(outputs_digest_offset, std::as_bytes(std::span(digits)));
    failed = true;
    file->commit();
    if (journal) journal->discard();
  }
};

PredictionWriter::PredictionWriter(const std::string& path, const PredictionLayout& layout,
                                   const std::vector<std::string>& inputs, bool overwrite) {
  try {
    impl_ = std::make_unique<Impl>(path, layout, inputs, overwrite);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

PredictionWriter::PredictionWriter(const std::string& path, const PredictionLayout& layout,
                                   const std::vector<std::string>& inputs, bool overwrite,
                                   Resumption resumption) {
  try {
    impl_ = std::make_unique<Impl>(path, layout, inputs, overwrite, std::move(resumption));
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

PredictionWriter::PredictionWriter(PredictionWriter&&) noexcept = default;
PredictionWriter& PredictionWriter::operator=(PredictionWriter&&) noexcept = default;
PredictionWriter::~PredictionWriter() = default;

std::int64_t PredictionWriter::rows_written() const {
  return impl_->rows_written;
}
const std::vector<BlockHash>& PredictionWriter::row_blocks() const {
  return impl_->blocks_before;
}
std::int64_t PredictionWriter::bad_rows_before() const {
  return impl_->bad_rows_before;
}

std::int64_t PredictionWriter::suspend() {
  return impl_->suspend();
}

void PredictionWriter::write(std::int64_t first_row, std::int64_t n, const OutputsView& outputs,
                             std::span<const BlockHash> row_blocks) {
  try {
    impl_->write(first_row, n, outputs, row_blocks);
  } catch (const Error& error) {
    throw error.in_file(impl_->path);
  }
}

void PredictionWriter::finish(const std::string& rows_digest) {
  try {
    impl_->finish(rows_digest);
  } catch (const Error& error) {
    throw error.in_file(impl_->path);
  }
}

std::string PredictionWriter::outputs_digest() const {
  return impl_->outputs_digest();
}

}  // namespace evenscore
