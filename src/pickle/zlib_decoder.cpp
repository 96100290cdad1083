#include <zlib.h>

#include <algorithm>
#include <limits>

#include "pickle/decoder.h"

namespace evenscore::pickle {
namespace {

constexpr int kLargestWindow = 15;
constexpr int kGzipFormat = 16;  // added to the window's size, as zlib wants it

uInt as_chunk(size_t bytes) {
  return static_cast<uInt>(std::min<size_t>(bytes, std::numeric_limits<uInt>::max()));
}

class ZlibDecoder : public Decoder {
 public:
  explicit ZlibDecoder(int window) {
    if (inflateInit2(&state_, window) != Z_OK) fail_to_start("zlib");
  }
  ~ZlibDecoder() override { inflateEnd(&state_); }

  Step step(std::span<const std::byte> in, std::span<std::byte> out) override {
    const uInt in_bytes = as_chunk(in.size());
    const uInt out_bytes = as_chunk(out.size());
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    state_.avail_in = in_bytes;
    state_.next_out = reinterpret_cast<Bytef*>(out.data());
    state_.avail_out = out_bytes;
    const int status = inflate(&state_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      fail_damaged(state_.msg != nullptr ? state_.msg : "zlib error");
    }
    return {in_bytes - state_.avail_in, out_bytes - state_.avail_out, status == Z_STREAM_END};
  }

 private:
  z_stream state_{};
};

}  // namespace

std::unique_ptr<Decoder> make_zlib_decoder() {
  return std::make_unique<ZlibDecoder>(kLargestWindow);
}

std::unique_ptr<Decoder> make_gzip_decoder() {
  return std::make_unique<ZlibDecoder>(kLargestWindow + kGzipFormat);
}

}  // namespace evenscore::pickle
