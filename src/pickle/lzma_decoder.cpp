#include <fmt/format.h>
#include <lzma.h>

#include "evenscore/error.h"
#include "pickle/decoder.h"

namespace evenscore::pickle {
namespace {

/// Every preset of xz fits: the largest, -9, needs 65 MiB.
constexpr uint64_t kMostMemory = uint64_t{80} << 20;

class LzmaDecoder : public Decoder {
 public:
  explicit LzmaDecoder(bool has_container) {
    const lzma_ret status = has_container
                                ? lzma_stream_decoder(&state_, kMostMemory, LZMA_TELL_UNSUPPORTED_CHECK)
                                : lzma_alone_decoder(&state_, kMostMemory);
    if (status != LZMA_OK) fail_to_start("liblzma");
  }
  ~LzmaDecoder() override { lzma_end(&state_); }

  Step step(std::span<const std::byte> in, std::span<std::byte> out) override {
    state_.next_in = reinterpret_cast<const uint8_t*>(in.data());
    state_.avail_in = in.size();
    state_.next_out = reinterpret_cast<uint8_t*>(out.data());
    state_.avail_out = out.size();
    const lzma_ret status = lzma_code(&state_, LZMA_RUN);
    switch (status) {
      case LZMA_OK:
      case LZMA_STREAM_END:
      case LZMA_BUF_ERROR:
        return {in.size() - state_.avail_in, out.size() - state_.avail_out, status == LZMA_STREAM_END};
      case LZMA_MEM_ERROR:
        fail_to_start("liblzma");
      case LZMA_MEMLIMIT_ERROR:
        throw Error(ErrorCode::limit_exceeded,
                    fmt::format("decompressing it takes more than {} MiB of memory", kMostMemory >> 20), {},
                    "decompress the file yourself if you trust it");
      case LZMA_FORMAT_ERROR:
        fail_damaged("the header is wrong");
      case LZMA_OPTIONS_ERROR:
      case LZMA_UNSUPPORTED_CHECK:
        fail_damaged("an unknown filter or checksum");
      default:
        fail_damaged("a block or checksum is wrong");
    }
  }

 private:
  lzma_stream state_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Decoder> make_xz_decoder() {
  return std::make_unique<LzmaDecoder>(true);
}

std::unique_ptr<Decoder> make_lzma_decoder() {
  return std::make_unique<LzmaDecoder>(false);
}

}  // namespace evenscore::pickle
