#include "h5/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "evenscore/error.h"

namespace evenscore::h5 {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// A pipe or device is never opened: that may wait for ever, or do something.
int open_regular(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR)
      throw Error(ErrorCode::file_missing, "no such file", {}, "check the path");
    if (errno == ELOOP || errno == ENAMETOOLONG)
      throw Error(ErrorCode::file_missing, fmt::format("cannot be opened: {}", reason(errno)), {},
                  "check the path");
    throw Error(ErrorCode::storage_failure, fmt::format("cannot be opened: {}", reason(errno)));
  }
  if (S_ISDIR(status.st_mode))
    throw Error(ErrorCode::file_missing, "is a directory", {}, "name an HDF5 file in it");
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::file_missing, "is not a regular file", {}, "HDF5 needs a file it can seek in");
  }
  if (status.st_size == 0) {
    throw Error(ErrorCode::corrupt_file, "is empty", {}, "write it again; the writer did not finish");
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    throw Error(ErrorCode::storage_failure, fmt::format("cannot be opened: {}", reason(errno)), {},
                "check its permissions");
  }
  return descriptor;
}

}  // namespace

struct InputFile::Opened {
  std::string path;
  int descriptor;
  FileIdentity identity;

  explicit Opened(const std::string& name) : path(name), descriptor(open_regular(name)) {
    try {
      identity = identity_of(descriptor);
    } catch (const Error&) {
      close(descriptor);
      throw;
    }
  }
  ~Opened() { close(descriptor); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
};

InputFile::InputFile(const std::string& path) {
  try {
    opened_ = std::make_shared<const Opened>(path);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

const std::string& InputFile::path() const {
  return opened_->path;
}

int InputFile::descriptor() const {
  return opened_->descriptor;
}

const FileIdentity& InputFile::identity() const {
  return opened_->identity;
}

void InputFile::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  constexpr std::size_t kMost = std::size_t{1} << 30;
  constexpr std::uint64_t kEnd = std::uint64_t{1} << 62;
  while (!to.empty()) {
    const ssize_t got = pread(opened_->descriptor, to.data(), std::min(to.size(), kMost),
                              static_cast<off_t>(std::min(offset, kEnd)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      throw Error(ErrorCode::storage_failure, fmt::format("cannot be read: {}", reason(errno)), {},
                  "check the disk, or copy the file to another one")
          .in_file(path());
    }
    if (got == 0) {
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("is truncated: it ends before byte {}", offset + to.size()), {},
                  "copy or write it again; the copy or the writer did not finish")
          .in_file(path());
    }
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
}

void InputFile::check_unchanged() const {
  if (identity_of(opened_->descriptor) == opened_->identity) return;
  throw Error(ErrorCode::corrupt_file, "changed while it was read", {}, "run again when nothing writes to it")
      .in_file(path());
}

}  // namespace evenscore::h5
