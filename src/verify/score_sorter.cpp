#include "verify/score_sorter.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>

#include "evenscore/error.h"
#include "verify/ulp.h"

namespace evenscore::verifier {
namespace {

constexpr std::size_t kFewestWaiting = 1024;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t key_of(double score) {
  return static_cast<std::uint64_t>(ordered(score)) ^ kSign;
}

double score_of(std::uint64_t key) {
  const auto order = static_cast<std::int64_t>(key ^ kSign);
  const std::int64_t bits = order < 0 ? std::numeric_limits<std::int64_t>::min() - order : order;
  double score;
  std::memcpy(&score, &bits, sizeof score);
  return score;
}

}  // namespace

/// A sorted run in a file.
class ScoreSorter::Run {
 public:
  Run(const std::string& path, const std::vector<Entry>& entries)
      : path_(path), file_(std::fopen(path.c_str(), "w+b")) {
    require(file_ != nullptr);
    require(std::fwrite(entries.data(), sizeof(Entry), entries.size(), file_) == entries.size());
  }
  ~Run() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void rewind() { require(std::fseek(file_, 0, SEEK_SET) == 0); }
  /// False at the end.
  bool next(Entry& entry) {
    const bool read = std::fread(&entry, sizeof entry, 1, file_) == 1;
    require(read || std::feof(file_) != 0);
    return read;
  }

 private:
  void require(bool success) const {
    if (success) return;
    throw Error(ErrorCode::storage_failure, std::strerror(errno), {},
                "name a place with more room in TMPDIR, give more --memory, or leave ranking out with "
                "--no-ranking")
        .in_file(path_);
  }

  std::string path_;
  std::FILE* file_;
};

ScoreSorter::ScoreSorter(std::size_t memory_bytes)
    : most_waiting_(std::max(kFewestWaiting, memory_bytes / sizeof(Entry))) {}
ScoreSorter::ScoreSorter(ScoreSorter&&) noexcept = default;
ScoreSorter& ScoreSorter::operator=(ScoreSorter&&) noexcept = default;
ScoreSorter::~ScoreSorter() = default;

void ScoreSorter::add(double score, bool flag) {
  if (waiting_.size() == most_waiting_) spill();
  waiting_.push_back({key_of(score), flag});
  ++count_;
  flagged_ += flag ? 1 : 0;
}

void ScoreSorter::sort_waiting() {
  std::sort(waiting_.begin(), waiting_.end(), [](const Entry& x, const Entry& y) { return x.key > y.key; });
}

void ScoreSorter::spill() {
  if (folder_ == nullptr) folder_ = std::make_unique<ScratchFolder>();
  sort_waiting();
  runs_.push_back(std::make_unique<Run>(folder_->file(std::to_string(runs_.size())), waiting_));
  waiting_.clear();
}

void ScoreSorter::descend(const UseScore& use) {
  if (!runs_.empty() && !waiting_.empty()) spill();
  sort_waiting();
  std::size_t next_waiting = 0;
  const auto highest = [](const std::pair<Entry, std::size_t>& x, const std::pair<Entry, std::size_t>& y) {
    return x.first.key < y.first.key;
  };
  std::priority_queue<std::pair<Entry, std::size_t>, std::vector<std::pair<Entry, std::size_t>>,
                      decltype(highest)>
      heads(highest);
  Entry entry{};
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    runs_[i]->rewind();
    if (runs_[i]->next(entry)) heads.push({entry, i});
  }
  const auto take = [&](Entry& taken) {
    if (runs_.empty()) {
      if (next_waiting == waiting_.size()) return false;
      taken = waiting_[next_waiting++];
      return true;
    }
    if (heads.empty()) return false;
    taken = heads.top().first;
    const std::size_t run = heads.top().second;
    heads.pop();
    if (Entry following{}; runs_[run]->next(following)) heads.push({following, run});
    return true;
  };
  std::int64_t flagged = 0, others = 0;
  std::optional<std::uint64_t> key;
  while (take(entry)) {
    if (key && *key != entry.key) {
      use(score_of(*key), flagged, others);
      flagged = others = 0;
    }
    key = entry.key;
    ++(entry.flag ? flagged : others);
  }
  if (key) use(score_of(*key), flagged, others);
}

}  // namespace evenscore::verifier
