#include "batch/marked_run.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "batch/output_layout.h"
#include "batch/unfinished_run.h"
#include "evenscore/error.h"
#include "h5/directory.h"

namespace evenscore {
namespace {

constexpr std::int64_t kBlockRows = BlockDigest::kBlockRows;
constexpr double kNever = 1e9;  // seconds
constexpr std::size_t kPiece = std::size_t{4} << 20;

struct Paths {
  std::string marked, part, marked_journal, ready, journal;

  explicit Paths(const std::string& path)
      : marked(path + ".marked"),
        part(marked + ".part"),
        marked_journal(marked + ".journal"),
        ready(marked + ".ready"),
        journal(path + ".journal") {}
};

bool exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

/// The rows of a stopped run, as the engine gave them. Every one of them was scored.
class StoppedRows {
 public:
  StoppedRows(const h5::PartFile& file, const OutputLayout& layout) : file_(file), layout_(layout) {
    if (!layout.labels()) return;
    classes_ = layout.classes();
    const std::size_t size = layout.labels()->type().size();
    for (std::size_t i = 0; i < layout.labels()->size(); ++i)
      index_of_.emplace(text(classes_, i * size, size), static_cast<std::int32_t>(i));
  }

  std::int64_t most_rows() const {
    std::size_t row = 1;
    for (const auto& entry : layout_.columns()) row = std::max(row, entry.second.row_bytes());
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(kPiece / row), 1, kBlockRows);
  }

  /// Rows [first, first + n); until the next call.
  OutputsView read(std::int64_t first, std::int64_t n) {
    OutputsView view{};
    view.type = layout_.wanted().type;
    view.space = MemorySpace::host;
    for (const auto& [name, column] : layout_.columns()) {
      std::vector<std::byte>& bytes = bytes_[name];
      bytes.resize(static_cast<std::size_t>(n) * column.row_bytes());
      file_.read_at(column.offset + static_cast<std::uint64_t>(first) * column.row_bytes(), bytes);
      if (name == "proba") view.proba = bytes.data();
      if (name == "log_proba") view.log_proba = bytes.data();
      if (name == "decision" || name == "prediction") view.decision = bytes.data();
      if (name == "label_index") set_indices(bytes);
      if (name == "label") find_indices(bytes, column.row_bytes());
    }
    status_.assign(static_cast<std::size_t>(n), 0);
    view.status = status_.data();
    if (!indices_.empty()) view.label_index = indices_.data();
    return view;
  }

 private:
  static std::string_view text(const std::vector<std::byte>& bytes, std::size_t at, std::size_t n) {
    return {reinterpret_cast<const char*>(bytes.data()) + at, n};
  }

  void set_indices(const std::vector<std::byte>& bytes) {
    indices_.resize(bytes.size() / sizeof(std::int32_t));
    std::memcpy(indices_.data(), bytes.data(), bytes.size());
  }

  void find_indices(const std::vector<std::byte>& labels, std::size_t size) {
    indices_.resize(labels.size() / size);
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      const auto found = index_of_.find(text(labels, i * size, size));
      if (found == index_of_.end())
        throw Error(ErrorCode::corrupt_file, "its unfinished run has a label that is no class");
      indices_[i] = found->second;
    }
  }

  const h5::PartFile& file_;
  const OutputLayout& layout_;
  std::vector<std::byte> classes_;
  std::map<std::string_view, std::int32_t> index_of_;
  std::map<std::string, std::vector<std::byte>> bytes_;
  std::vector<std::int32_t> indices_;
  std::vector<std::uint8_t> status_;
};

}  // namespace

void settle_marking(const std::string& path) {
  const Paths paths(path);
  if (exists(paths.ready) && !exists(paths.part)) return h5::rename_durably(paths.ready, paths.journal);
  h5::remove_durably(paths.ready);
  h5::remove_durably(paths.marked_journal);
  h5::remove_durably(paths.part);
}

bool mark_stopped_run(const std::string& path, const h5::PartFile& file, const Journal& journal,
                      const PredictionLayout& layout, const Fingerprint& marked) {
  PredictionLayout unmarked = layout;
  unmarked.mark_bad_rows = false;
  OutputLayout stopped(unmarked);
  const std::optional<UnfinishedRun> run = take_over(file, journal, stopped);
  if (!run || run->blocks() == 0) return false;
  StoppedRows rows(file, stopped);
  const Paths paths(path);
  PredictionWriter writer(paths.marked, layout, {}, true, {marked, {}, false, kNever, nullptr});
  for (std::int64_t row = 0; row < run->blocks() * kBlockRows;) {
    const std::int64_t n = std::min(rows.most_rows(), kBlockRows - row % kBlockRows);
    const bool ends = (row + n) % kBlockRows == 0;
    const auto* hash = &run->row_blocks[static_cast<std::size_t>(row / kBlockRows)];
    writer.write(row, n, rows.read(row, n), {hash, ends ? 1U : 0U});
    row += n;
  }
  writer.suspend();
  // The journal under the name `ready`, without `part` beside it, says that the last step is left. The new
  // part file is locked until `writer` is gone.
  h5::rename_durably(paths.marked_journal, paths.ready);
  h5::rename_durably(paths.part, file.part_path());
  h5::rename_durably(paths.ready, paths.journal);
  return true;
}

}  // namespace evenscore
