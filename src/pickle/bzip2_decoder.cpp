#include <bzlib.h>

#include <algorithm>
#include <limits>

#include "pickle/decoder.h"

namespace evenscore::pickle {
namespace {

unsigned as_chunk(size_t bytes) {
  return static_cast<unsigned>(std::min<size_t>(bytes, std::numeric_limits<unsigned>::max()));
}

class Bzip2Decoder : public Decoder {
 public:
  Bzip2Decoder() {
    if (BZ2_bzDecompressInit(&state_, /*verbosity=*/0, /*small=*/0) != BZ_OK) fail_to_start("libbz2");
  }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&state_); }

  Step step(std::span<const std::byte> in, std::span<std::byte> out) override {
    const unsigned in_bytes = as_chunk(in.size());
    const unsigned out_bytes = as_chunk(out.size());
    state_.next_in = reinterpret_cast<char*>(const_cast<std::byte*>(in.data()));
    state_.avail_in = in_bytes;
    state_.next_out = reinterpret_cast<char*>(out.data());
    state_.avail_out = out_bytes;
    const int status = BZ2_bzDecompress(&state_);
    if (status == BZ_MEM_ERROR) fail_to_start("libbz2");
    if (status != BZ_OK && status != BZ_STREAM_END) {
      fail_damaged(status == BZ_DATA_ERROR_MAGIC ? "no bzip2 header" : "a block or checksum is wrong");
    }
    return {in_bytes - state_.avail_in, out_bytes - state_.avail_out, status == BZ_STREAM_END};
  }

 private:
  bz_stream state_{};
};

}  // namespace

std::unique_ptr<Decoder> make_bzip2_decoder() {
  return std::make_unique<Bzip2Decoder>();
}

}  // namespace evenscore::pickle
