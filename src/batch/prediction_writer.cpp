#include "evenscore/prediction_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "batch/journal_file.h"
#include "batch/marked_run.h"
#include "batch/output_layout.h"
#include "batch/part_frame.h"
#include "batch/progress_notes.h"
#include "batch/unfinished_run.h"
#include "evenscore/error.h"
#include "h5/file_identity.h"
#include "h5/part_file.h"

namespace evenscore {
namespace {

constexpr std::int64_t kLabelRows = 65'536;  // labels are made this many at a time

bool is_digest(const std::string& text) {
  return text.size() == DigestPlaces::kDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

const void* results_for(const std::string& column, const OutputsView& outputs,
                        const std::vector<CopiedColumn>& copies, std::span<const std::byte* const> copied) {
  for (std::size_t i = 0; i < copies.size(); ++i)
    if (copies[i].name == column) return i < copied.size() ? copied[i] : nullptr;
  if (column == "label" || column == "label_index") return outputs.label_index;
  if (column == "proba") return outputs.proba;
  if (column == "log_proba") return outputs.log_proba;
  if (column == "status") return outputs.status;
  return outputs.decision;
}

}  // namespace

struct PredictionWriter::Impl {
  std::string path;
  OutputLayout layout;
  std::optional<h5::PartFile> file;
  DigestPlaces digests;
  UnfinishedRun unfinished;  // of the run gone on with
  std::optional<JournalFile> journal;
  std::optional<ProgressNotes> notes;
  std::vector<std::byte> label_bytes;
  std::int64_t rows_written = 0;

  Impl(const std::string& output, const PredictionLayout& wanted, const std::vector<std::string>& inputs,
       bool overwrite)
      : path(output), layout(wanted) {
    file.emplace(path, overwrite, inputs);
    digests = create_part(*file, layout);
  }

  Impl(const std::string& output, const PredictionLayout& wanted, const std::vector<std::string>& inputs,
       bool overwrite, Resumption resumption)
      : path(output), layout(wanted) {
    const Fingerprint asked = resumption.fingerprint;
    for (Fingerprint* fingerprint : {&resumption.fingerprint, &resumption.stopped})
      if (!fingerprint->empty()) fingerprint->emplace_back("version of evenscore", EVENSCORE_VERSION);
    file.emplace(path, overwrite, inputs, h5::Unfinished::keep);
    journal.emplace(path);
    for (const std::string& input : inputs) {
      if (!h5::is_same_file(journal->journal_path(), input)) continue;
      throw Error(ErrorCode::bad_request, fmt::format("its journal is the input {}", input), {},
                  "choose another output");
    }
    settle_marking(path);
    std::optional<Journal> before = file->is_kept() ? journal->read() : std::nullopt;
    if (before && resumption.resume && before->header.fingerprint == resumption.stopped) {
      const bool is_marked = mark_stopped_run(path, *file, *before, wanted, asked);
      if (is_marked) file.emplace(path, overwrite, inputs, h5::Unfinished::keep);
      before = is_marked ? journal->read() : std::nullopt;
    }
    if (before && !before->records.empty() && go_on(*before, resumption, overwrite)) return;
    journal->remove();
    if (file->is_kept()) file->start_over();
    if (resumption.rows_noted != nullptr) *resumption.rows_noted = 0;
    digests = create_part(*file, layout);
    notes.emplace(*file, layout, digests, resumption, *journal);
  }

  // Whether the unfinished run is gone on with; where not, it is to be replaced.
  bool go_on(const Journal& before, const Resumption& resumption, bool overwrite) {
    if (!resumption.resume) {
      if (overwrite) return false;
      const auto rows = static_cast<std::int64_t>(before.records.size()) * BlockDigest::kBlockRows;
      throw Error(ErrorCode::output_exists,
                  fmt::format("has an unfinished run beside it, with {} of {} rows scored", rows,
                              layout.wanted().rows),
                  {}, "give --resume to go on with it, or --overwrite to start over");
    }
    check_fingerprint(before.header.fingerprint, resumption.fingerprint);
    std::optional<UnfinishedRun> run = take_over(*file, before, layout);
    if (!run) return false;
    unfinished = std::move(*run);
    digests = unfinished.digests;
    rows_written = unfinished.blocks() * BlockDigest::kBlockRows;
    notes.emplace(*file, layout, unfinished, resumption, *journal, before);
    return true;
  }

  ~Impl() {
    try {
      if (notes) notes->note();
    } catch (const Error&) {  // what the journal holds already is kept
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::int64_t suspend() {
    if (!notes) return 0;
    notes->note();
    return notes->blocks_noted() * BlockDigest::kBlockRows;
  }

  void write(std::int64_t first, std::int64_t n, const OutputsView& outputs,
             std::span<const BlockHash> row_blocks, std::span<const std::byte* const> copies) {
    const PredictionLayout& wanted = layout.wanted();
    if (first != rows_written || n < 0 || n > wanted.rows - first) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("rows {} to {} after {} of {}", first, first + n, rows_written, wanted.rows));
    }
    if (outputs.space != MemorySpace::host || outputs.type != wanted.type) {
      throw Error(ErrorCode::bad_request, "results are not in host memory, or not of the output's type");
    }
    check_indices(first, n, outputs.label_index);
    std::uint64_t bytes = 0;
    for (auto& [name, column] : layout.columns()) {
      const void* source = results_for(name, outputs, wanted.copies, copies);
      if (source == nullptr && n > 0)
        throw Error(ErrorCode::bad_request, "its results are missing", "/" + name);
      if (name == "label") {
        write_labels(column, first, {outputs.label_index, static_cast<std::size_t>(n)});
      } else {
        write_rows(column, first, n, static_cast<const std::byte*>(source));
      }
      bytes += static_cast<std::uint64_t>(n) * column.row_bytes();
    }
    rows_written += n;
    if (notes) notes->add(bytes, row_blocks);
  }

  void check_indices(std::int64_t first, std::int64_t n, const std::int32_t* indices) const {
    if (indices == nullptr || !layout.labels()) return;
    const auto classes = static_cast<std::int64_t>(layout.labels()->size());
    std::uint32_t largest = 0;  // nearly always a class's: a loop without a branch
    for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, static_cast<std::uint32_t>(indices[i]));
    if (largest < classes) return;
    for (std::int64_t i = 0; i < n; ++i) {
      if (indices[i] >= 0 && indices[i] < classes) continue;
      if (indices[i] == -1 && layout.wanted().mark_bad_rows) continue;
      if (indices[i] != -1)
        throw Error(ErrorCode::bad_request, fmt::format("no class has index {}", indices[i]));
      throw Error(ErrorCode::unscorable_row, fmt::format("row {} cannot be scored", first + i), {},
                  "give --bad-rows mark to go on past such rows");
    }
  }

  void write_labels(OutputColumn& column, std::int64_t first, std::span<const std::int32_t> indices) {
    while (!indices.empty()) {
      const std::size_t n = std::min<std::size_t>(indices.size(), kLabelRows);
      label_bytes.resize(n * column.row_bytes());
      layout.labels()->write(indices.first(n), label_bytes.data());
      write_rows(column, first, static_cast<std::int64_t>(n), label_bytes.data());
      first += static_cast<std::int64_t>(n);
      indices = indices.subspan(n);
    }
  }

  void write_rows(OutputColumn& column, std::int64_t first, std::int64_t n, const std::byte* rows) {
    const std::size_t row = column.row_bytes();
    file->write_at(column.offset + static_cast<std::uint64_t>(first) * row,
                   {rows, static_cast<std::size_t>(n) * row});
    const std::vector<BlockHash> ended = column.digest.update(rows, n);
    if (notes) column.ended.insert(column.ended.end(), ended.begin(), ended.end());
  }

  void finish(const std::string& rows_digest) {
    if (rows_written != layout.wanted().rows) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("{} of {} rows are written", rows_written, layout.wanted().rows));
    }
    if (!is_digest(rows_digest)) throw Error(ErrorCode::bad_request, "the rows' digest is not a SHA-256");
    file->write_at(digests.rows, std::as_bytes(std::span(rows_digest)));
    const std::string digits = layout.outputs_digest();
    file->write_at(digests.outputs, std::as_bytes(std::span(digits)));
    if (notes) notes->stop();
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
  return impl_->unfinished.row_blocks;
}
std::int64_t PredictionWriter::bad_rows_before() const {
  return impl_->unfinished.bad_rows;
}

std::int64_t PredictionWriter::suspend() {
  return impl_->suspend();
}

void PredictionWriter::write(std::int64_t first_row, std::int64_t n, const OutputsView& outputs,
                             std::span<const BlockHash> row_blocks,
                             std::span<const std::byte* const> copies) {
  try {
    impl_->write(first_row, n, outputs, row_blocks, copies);
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
  return impl_->layout.outputs_digest();
}

}  // namespace evenscore
