#include "pickle/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "evenscore/error.h"
#include "pickle/container.h"
#include "pickle/decompress.h"

namespace evenscore::pickle {
namespace {

constexpr const char* kTooLarge = "save a smaller model";

/// As `detect`, and a pickle of protocol 0 or 1 only if the last byte agrees.
Container detect_whole(std::span<const std::byte> bytes) {
  const Container container = detect(bytes.first(std::min<size_t>(bytes.size(), 64)));
  const bool ends_like_text = container == Container::early_pickle && bytes.back() != std::byte{'.'};
  return ends_like_text ? Container::unknown : container;
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail_to_open(int error) {
  const std::string why = std::strerror(error);
  if (error == ENOENT || error == ENOTDIR) {
    throw Error(ErrorCode::file_missing, "there is no such file", {}, "check the path");
  }
  if (error == EACCES || error == EPERM) {
    throw Error(ErrorCode::bad_request, "the file may not be read", {}, "check its permissions");
  }
  throw Error(ErrorCode::storage_failure, "the file cannot be opened: " + why);
}

/// The container of a file that needs no parse to be refused; throws for the others.
Container supported_container(std::span<const std::byte> file, const Limits& limits) {
  if (file.size() > limits.file_bytes) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("the file has {} bytes", file.size()), {}, kTooLarge);
  }
  const Container container = detect_whole(file);
  refuse_unless_supported(container);
  return container;
}

bool is_pickle(Container container) {
  return container == Container::raw_pickle || container == Container::early_pickle;
}

std::vector<std::byte> decompressed_pickle(Container container, std::span<const std::byte> file,
                                           const Limits& limits) {
  std::vector<std::byte> bytes = decompress(container, file, limits);
  const Container inner = detect_whole(bytes);
  if (!is_pickle(inner)) {
    throw Error(ErrorCode::not_a_model,
                fmt::format("this is {}, and what it holds is {}", describe(container), describe(inner)), {},
                "unpack it and give the model file that is in it");
  }
  return bytes;
}

void check_stream_size(size_t bytes, const Limits& limits) {
  if (bytes <= limits.stream_bytes) return;
  throw Error(ErrorCode::limit_exceeded, fmt::format("the pickle has {} bytes", bytes), {}, kTooLarge);
}

}  // namespace

std::vector<std::byte> read_file(const std::string& path, const Limits& limits) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) fail_to_open(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail_to_open(errno);
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorCode::file_missing, "this is a directory", {}, "name the file in it");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::bad_request, "this is not a regular file", {}, "copy its content to a file first");
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > limits.file_bytes) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("the file has {} bytes, more than the {} that are read", size, limits.file_bytes),
                {}, kTooLarge);
  }
  std::vector<std::byte> bytes(static_cast<size_t>(size));
  size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Error(ErrorCode::storage_failure, std::string("reading failed: ") + std::strerror(errno));
    if (got == 0) throw Error(ErrorCode::storage_failure, "the file became shorter while it was read");
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

Stream open_stream(std::span<const std::byte> file, const Limits& limits) {
  const Container container = supported_container(file, limits);
  if (!is_pickle(container)) return {decompressed_pickle(container, file, limits), file.size()};
  check_stream_size(file.size(), limits);
  return {{file.begin(), file.end()}, file.size()};
}

Stream read_stream(const std::string& path, const Limits& limits) {
  try {
    std::vector<std::byte> file = read_file(path, limits);
    const Container container = supported_container(file, limits);
    const size_t file_bytes = file.size();
    if (!is_pickle(container)) return {decompressed_pickle(container, file, limits), file_bytes};
    check_stream_size(file_bytes, limits);
    return {std::move(file), file_bytes};
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore::pickle
