#pragma once

#include <string>

namespace evenscore {

/// A fresh folder where temporary files go ($TMPDIR, else /tmp), removed with everything in it.
class ScratchFolder {
 public:
  /// Throws Error (storage_failure).
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace evenscore
