#include "h5/file_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "evenscore/error.h"

namespace evenscore::h5 {
namespace {

FileIdentity from_stat(const struct stat& status) {
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
}

}  // namespace

FileIdentity identity_of(int file_descriptor) {
  struct stat status {};
  if (fstat(file_descriptor, &status) != 0) {
    throw Error(ErrorCode::storage_failure,
                fmt::format("cannot be examined: {}", std::generic_category().message(errno)));
  }
  return from_stat(status);
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return from_stat(status);
}

bool is_same_file(const std::string& path, const std::string& other) {
  const std::optional<FileIdentity> a = identity_of(path), b = identity_of(other);
  return a && b && a->device == b->device && a->inode == b->inode;
}

}  // namespace evenscore::h5
