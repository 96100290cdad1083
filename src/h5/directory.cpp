#include "h5/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "h5/storage_error.h"
#include "h5/uninterrupted.h"

namespace evenscore::h5 {
void sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const int directory = uninterrupted(
      [&] { return open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (directory < 0) throw storage_error(path, "open its directory", errno);
  const int reason = uninterrupted([&] { return fsync(directory); }) == 0 ? 0 : errno;
  close(directory);
  if (reason != 0) throw storage_error(path, "be made durable in its directory", reason);
}

void rename_durably(const std::string& from, const std::string& to) {
  if (uninterrupted([&] { return rename(from.c_str(), to.c_str()); }) != 0)
    throw storage_error(from, "be renamed", errno);
  sync_directory_of(to);
}

void remove_durably(const std::string& path) {
  if (uninterrupted([&] { return unlink(path.c_str()); }) == 0) return sync_directory_of(path);
  if (errno != ENOENT) throw storage_error(path, "be removed", errno);
}

}  // namespace evenscore::h5
