#include "batch/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "evenscore/error.h"
#include "h5/directory.h"
#include "h5/storage_error.h"
#include "h5/uninterrupted.h"

namespace evenscore {
namespace {

using h5::uninterrupted;

constexpr off_t kLargest = off_t{1} << 30;

int open_at(const std::string& path, int flags) {
  return uninterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

}  // namespace

JournalFile::JournalFile(const std::string& path) : journal_path_(path + ".journal") {}

JournalFile::~JournalFile() {
  if (file_ >= 0) close(file_);
}

std::optional<Journal> JournalFile::read() const {
  const int file = open_at(journal_path_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0 && errno == ENOENT) return std::nullopt;
  if (file < 0) throw h5::storage_error(journal_path_, "be opened", errno);
  struct stat status {};
  const bool known = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  std::vector<std::byte> bytes;
  int reason = known ? 0 : EINVAL;
  if (known && status.st_size <= kLargest) {
    bytes.resize(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got =
          uninterrupted([&] { return ::read(file, bytes.data() + done, bytes.size() - done); });
      if (got < 0) reason = errno;
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
  }
  close(file);
  if (reason != 0) throw h5::storage_error(journal_path_, "be read", reason);
  if (status.st_size > kLargest) {
    throw Error(ErrorCode::limit_exceeded, "is larger than a journal can be", {}, "remove it to start over")
        .in_file(journal_path_);
  }
  try {
    return decode_journal(bytes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void JournalFile::create(std::span<const std::byte> header) {
  remove();
  file_ = open_at(journal_path_, O_WRONLY | O_CREAT | O_EXCL);
  if (file_ < 0) throw h5::storage_error(journal_path_, "be created", errno);
  append(header);
  h5::sync_directory_of(journal_path_);
}

void JournalFile::go_on(std::uint64_t bytes) {
  file_ = open_at(journal_path_, O_WRONLY | O_NOFOLLOW);
  if (file_ < 0) throw h5::storage_error(journal_path_, "be opened", errno);
  if (uninterrupted([&] { return ftruncate(file_, static_cast<off_t>(bytes)); }) != 0)
    throw h5::storage_error(journal_path_, "be cut", errno);
  if (lseek(file_, 0, SEEK_END) < 0) throw h5::storage_error(journal_path_, "be continued", errno);
}

void JournalFile::append(std::span<const std::byte> records) {
  while (!records.empty()) {
    const ssize_t written = uninterrupted([&] { return write(file_, records.data(), records.size()); });
    if (written <= 0) throw h5::storage_error(journal_path_, "be written", written < 0 ? errno : EIO);
    records = records.subspan(static_cast<std::size_t>(written));
  }
  if (uninterrupted([&] { return fdatasync(file_); }) != 0)
    throw h5::storage_error(journal_path_, "be written to the disk", errno);
}

void JournalFile::remove() {
  if (file_ >= 0) close(file_);
  file_ = -1;
  h5::remove_durably(journal_path_);
}

void JournalFile::discard() {
  try {
    remove();
  } catch (const Error&) {  // it says nothing of any file that is there; the next run removes it
  }
}

}  // namespace evenscore
