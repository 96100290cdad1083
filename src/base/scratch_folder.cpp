#include "base/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "evenscore/error.h"

namespace evenscore {

ScratchFolder::ScratchFolder() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  path_ = (parent / "evenscore-XXXXXX").string();
  if (error || mkdtemp(path_.data()) == nullptr) {
    throw Error(ErrorCode::storage_failure,
                "no temporary folder: " + (error ? error.message() : std::string(std::strerror(errno))),
                parent.string(), "name another place in TMPDIR");
  }
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace evenscore
