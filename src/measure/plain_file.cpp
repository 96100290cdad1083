#include "measure/plain_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "evenscore/error.h"

namespace evenscore::measure {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlockBytes = std::size_t{4} << 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : path_(path), file_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    require(file_ >= 0);
  }
  ~OpenFile() { close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int number() const { return file_; }
  void require(bool success) const {
    if (!success) throw Error(ErrorCode::storage_failure, std::strerror(errno)).in_file(path_);
  }

 private:
  std::string path_;
  int file_;
};

}  // namespace

double read_plain_file(const std::string& path) {
  std::vector<char> block(kBlockBytes);
  const Clock::time_point start = Clock::now();
  const OpenFile file(path, O_RDONLY);
  for (ssize_t n = 1; n > 0;) {
    n = read(file.number(), block.data(), block.size());
    file.require(n >= 0);
  }
  return seconds_since(start);
}

double write_plain_file(const std::string& path, std::uint64_t bytes) {
  std::vector<char> block(kBlockBytes);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * i >> 7);
  const Clock::time_point start = Clock::now();
  double seconds = 0.0;
  {
    const OpenFile file(path, O_WRONLY | O_CREAT | O_TRUNC);
    for (std::uint64_t done = 0; done < bytes;) {
      const ssize_t n =
          write(file.number(), block.data(), std::min<std::uint64_t>(block.size(), bytes - done));
      file.require(n > 0);
      done += static_cast<std::uint64_t>(n);
    }
    file.require(fsync(file.number()) == 0);
    seconds = seconds_since(start);
  }
  unlink(path.c_str());
  return seconds;
}

}  // namespace evenscore::measure
