#include "pickle/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "evenscore/error.h"
#include "pickle/container.h"

namespace evenscore::pickle {
namespace {

constexpr const char* kRaiseLimit = "raise the limit if you trust the file";

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

class Inflater {
 public:
  Inflater() {
    if (inflateInit(&state_) != Z_OK) throw Error(ErrorCode::storage_failure, "zlib cannot be started");
  }
  ~Inflater() { inflateEnd(&state_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& state() { return state_; }

 private:
  z_stream state_{};
};

uInt as_chunk(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

void check_expansion(uint64_t out, uint64_t in, const Limits& limits) {
  if (out > limits.stream_bytes) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("the file decompresses to more than {} bytes", limits.stream_bytes), {},
                kRaiseLimit);
  }
  if (out > limits.expansion_floor && out / limits.expansion_ratio > in) {
    throw Error(ErrorCode::limit_exceeded,
                fmt::format("{} bytes decompress to more than {} times as many", in, limits.expansion_ratio),
                {}, "decompress the file yourself if you trust it");
  }
}

std::vector<std::byte> inflate_all(std::span<const std::byte> file, const Limits& limits) {
  constexpr size_t kFirstBytes = 64 << 10;
  Inflater inflater;
  z_stream& z = inflater.state();
  std::vector<std::byte> out;
  size_t consumed = 0;
  size_t produced = 0;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    if (produced == out.size()) {
      // One byte above the cap shows that the stream goes on beyond it.
      const uint64_t grown = std::max<uint64_t>(kFirstBytes, uint64_t{out.size()} + out.size() / 2);
      out.resize(static_cast<size_t>(std::min(grown, limits.stream_bytes + 1)));
    }
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(file.data() + consumed));
    z.avail_in = as_chunk(file.size() - consumed);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + produced);
    z.avail_out = as_chunk(out.size() - produced);
    const uInt in_before = z.avail_in;
    const uInt out_before = z.avail_out;
    status = inflate(&z, Z_NO_FLUSH);
    consumed += in_before - z.avail_in;
    produced += out_before - z.avail_out;
    check_expansion(produced, file.size(), limits);
    if (status == Z_BUF_ERROR || (status == Z_OK && consumed == file.size() && z.avail_out > 0)) {
      throw Error(ErrorCode::corrupt_file, "the compressed data ends too early",
                  fmt::format("byte {}", consumed), "copy the file again; it is truncated");
    }
    if (status != Z_OK && status != Z_STREAM_END) {
      throw Error(ErrorCode::corrupt_file,
                  fmt::format("the compressed data is damaged ({})", z.msg != nullptr ? z.msg : "zlib error"),
                  fmt::format("byte {}", consumed), "copy the file again");
    }
  }
  if (consumed != file.size()) {
    throw Error(
        ErrorCode::corrupt_file, fmt::format("{} bytes follow the compressed data", file.size() - consumed),
        fmt::format("byte {}", consumed), "joblib writes nothing there: get the file from its source again");
  }
  out.resize(produced);
  return out;
}

/// Refuses every file that needs no parse to be refused; tells whether the rest is to be decompressed.
bool must_be_inflated(std::span<const std::byte> file, const Limits& limits) {
  if (file.size() > limits.file_bytes) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("the file has {} bytes", file.size()), {},
                kRaiseLimit);
  }
  Container container = detect(file.first(std::min<size_t>(file.size(), 64)));
  if (container == Container::early_pickle && file.back() != std::byte{'.'}) container = Container::unknown;
  refuse_unless_supported(container);
  return container == Container::zlib;
}

void check_stream_size(size_t bytes, const Limits& limits) {
  if (bytes <= limits.stream_bytes) return;
  throw Error(ErrorCode::limit_exceeded, fmt::format("the pickle has {} bytes", bytes), {}, kRaiseLimit);
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
                {}, kRaiseLimit);
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

std::vector<std::byte> open_stream(std::span<const std::byte> file, const Limits& limits) {
  if (must_be_inflated(file, limits)) return inflate_all(file, limits);
  check_stream_size(file.size(), limits);
  return {file.begin(), file.end()};
}

std::vector<std::byte> read_stream(const std::string& path, const Limits& limits) {
  try {
    std::vector<std::byte> file = read_file(path, limits);
    if (must_be_inflated(file, limits)) return inflate_all(file, limits);
    check_stream_size(file.size(), limits);
    return file;
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore::pickle
