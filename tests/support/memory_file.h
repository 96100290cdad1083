#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "h5/input_file.h"

namespace evenscore::test {

/// A file in memory that is filled anew again and again. What `filled` returned before is then another file.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("evenscore-test", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::runtime_error("no memfd");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  /// `bytes`, and zeros up to `size`. Throws what InputFile throws.
  h5::InputFile filled(std::span<const std::byte> bytes, std::uint64_t size) {
    if (bytes.size() > size) bytes = bytes.first(static_cast<std::size_t>(size));
    if (ftruncate(descriptor_, 0) != 0 || ftruncate(descriptor_, static_cast<off_t>(size)) != 0 ||
        pwrite(descriptor_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("cannot fill a memfd");
    return h5::InputFile("/proc/self/fd/" + std::to_string(descriptor_));
  }

 private:
  int descriptor_;
};

}  // namespace evenscore::test
