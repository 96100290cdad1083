#include "h5/part_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "evenscore/error.h"
#include "h5/file_identity.h"
#include "h5/uninterrupted.h"

namespace evenscore::h5 {
namespace {

/// A path that the user can mend, rather than a disk.
bool is_a_bad_path(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM || error == ENAMETOOLONG;
}

Error failure(const char* doing, int reason, std::string remedy = {}) {
  if (reason == ENOSPC || reason == EDQUOT) remedy = "free space, or write to another disk";
  if (reason == EFBIG) remedy = "raise the file size limit (ulimit -f), or write to another file system";
  return Error(is_a_bad_path(reason) ? ErrorCode::bad_request : ErrorCode::storage_failure,
               fmt::format("cannot {}: {}", doing, std::generic_category().message(reason)), {},
               std::move(remedy));
}

int open_at(const std::string& path, int flags) {
  return uninterrupted([&] { return open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

// A lock of the open file description: unlike flock it cannot collide with the lock that libhdf5 may take.
bool lock(int file) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return uninterrupted([&] { return fcntl(file, F_OFD_SETLK, &whole); }) == 0 ||
         (errno != EAGAIN && errno != EACCES);
}

Error busy() {
  return Error(ErrorCode::output_exists, "another run is writing it", {},
               "wait for it, or choose another output");
}

// Never truncates what is there: an old part file may be another name of a file that matters.
void remove_stale(const std::string& part) {
  const int old = open_at(part, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  if (old < 0 && errno == ENOENT) return;
  const bool is_free = old < 0 || lock(old);
  if (is_free && uninterrupted([&] { return unlink(part.c_str()); }) != 0) {
    const int reason = errno;
    if (old >= 0) close(old);
    throw failure("remove the unfinished .part file", reason);
  }
  if (old >= 0) close(old);
  if (!is_free) throw busy();
}

void check_target(const std::string& path, const std::string& part, bool overwrite,
                  const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    if (is_same_file(path, input) || is_same_file(part, input)) {
      throw Error(ErrorCode::bad_request, fmt::format("is the input {}", input), {}, "choose another output");
    }
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) throw Error(ErrorCode::bad_request, "is a directory", {}, "name a file in it");
  if (!overwrite) {
    throw Error(ErrorCode::output_exists, "exists already", {}, "give --overwrite, or choose another output");
  }
}

}  // namespace

PartFile::PartFile(std::string path, bool overwrite, const std::vector<std::string>& inputs,
                   Unfinished unfinished)
    : path_(std::move(path)), part_path_(path_ + ".part"), overwrite_(overwrite) {
  try {
    check_target(path_, part_path_, overwrite, inputs);
    const std::filesystem::path parent = std::filesystem::path(path_).parent_path();
    directory_ = open_at(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
    if (directory_ < 0) throw failure("open its directory", errno, "create the directory first");
    if (unfinished == Unfinished::replace || !open_kept()) create();
  } catch (const Error& error) {
    if (directory_ >= 0) close(directory_);
    if (file_ >= 0) close(file_);
    throw error.in_file(path_);
  }
}

bool PartFile::open_kept() {
  file_ = open_at(part_path_, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  if (file_ < 0 && (errno == ENOENT || errno == ELOOP)) return false;
  if (file_ < 0) throw failure("open the unfinished .part file", errno);
  if (!lock(file_)) throw busy();
  // The run that held the lock until now may have given the file its name.
  const std::optional<FileIdentity> named = identity_of(part_path_);
  const FileIdentity mine = identity_of(file_);
  if (!named || named->inode != mine.inode || named->device != mine.device) throw busy();
  struct stat status {};
  if (fstat(file_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) {
    close(file_);
    file_ = -1;
    return false;
  }
  is_kept_ = leave_ = true;
  return true;
}

void PartFile::create() {
  remove_stale(part_path_);
  file_ = open_at(part_path_, O_RDWR | O_CREAT | O_EXCL);
  if (file_ < 0 && errno == EEXIST) throw busy();
  if (file_ < 0) throw failure("be created", errno, "check the directory's permissions");
  if (lock(file_)) return;
  close(file_);  // another run was faster, and the file is its own
  file_ = -1;
  throw busy();
}

void PartFile::start_over() {
  close(file_);
  file_ = -1;
  is_kept_ = leave_ = false;
  try {
    create();
  } catch (const Error& error) {
    throw error.in_file(path_);
  }
}

PartFile::~PartFile() {
  if (!committed_ && !leave_ && file_ >= 0) uninterrupted([&] { return unlink(part_path_.c_str()); });
  if (file_ >= 0) close(file_);
  close(directory_);
}

void PartFile::check_room(std::uint64_t bytes) const {
  struct statvfs status {};
  if (fstatvfs(file_, &status) != 0 || status.f_blocks == 0) return;
  const std::uint64_t room = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (bytes <= room) return;
  throw Error(ErrorCode::storage_failure,
              fmt::format("needs {} bytes and the file system has {} left", bytes, room), {},
              "free space, or write to another disk")
      .in_file(path_);
}

void PartFile::reserve(std::uint64_t size) {
  if (size == 0) return;
  const int result = uninterrupted([&] { return fallocate(file_, 0, 0, static_cast<off_t>(size)); });
  // File systems without fallocate tell at the write; glibc's emulation would write every block.
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
    throw failure("reserve its space", errno).in_file(path_);
  }
}

void PartFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] {
      return pwrite(file_, bytes.data(), std::min(bytes.size(), kMost), static_cast<off_t>(offset));
    });
    if (written <= 0) throw failure("be written", written < 0 ? errno : EIO).in_file(path_);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void PartFile::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got =
        uninterrupted([&] { return pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (got <= 0) throw failure("read its .part file back", got < 0 ? errno : EIO).in_file(path_);
    offset += static_cast<std::uint64_t>(got);
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

void PartFile::begin_sync() const {
  sync_file_range(file_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void PartFile::sync_data() const {
  // A failed sync is never repeated: the kernel may have dropped the very pages that failed.
  if (uninterrupted([&] { return fdatasync(file_); }) != 0)
    throw failure("be written to the disk", errno).in_file(path_);
}

void PartFile::commit() {
  if (uninterrupted([&] { return fsync(file_); }) != 0)
    throw failure("be written to the disk", errno).in_file(path_);
  int reason = 0;
  if (!overwrite_) {
    const int result = uninterrupted(
        [&] { return renameat2(AT_FDCWD, part_path_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE); });
    reason = result == 0 ? 0 : errno;
    if (reason == EEXIST) {
      throw Error(ErrorCode::output_exists, "appeared while it was being written", {},
                  "give --overwrite, or choose another output")
          .in_file(path_);
    }
  }
  const bool plain =
      overwrite_ || reason == EINVAL || reason == ENOSYS;  // not every file system has NOREPLACE
  const auto rename_to = [](const std::string& from, const std::string& to) {
    return uninterrupted([&] { return rename(from.c_str(), to.c_str()); }) == 0 ? 0 : errno;
  };
  if (plain) reason = rename_to(part_path_, path_);
  if (reason != 0) throw failure("be given its name", reason).in_file(path_);
  committed_ = true;
  if (uninterrupted([&] { return fsync(directory_); }) == 0) return;
  reason = errno;
  // What failed has not its name.
  committed_ = rename_to(path_, part_path_) != 0;
  throw failure("be made durable in its directory", reason).in_file(path_);
}

}  // namespace evenscore::h5
