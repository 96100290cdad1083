#include <lz4frame.h>

#include "pickle/decoder.h"

namespace evenscore::pickle {
namespace {

class Lz4Decoder : public Decoder {
 public:
  Lz4Decoder() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) fail_to_start("liblz4");
  }
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }

  Step step(std::span<const std::byte> in, std::span<std::byte> out) override {
    Step step;
    step.taken = in.size();
    step.made = out.size();
    const size_t wanted =
        LZ4F_decompress(context_, out.data(), &step.made, in.data(), &step.taken, /*options=*/nullptr);
    if (LZ4F_isError(wanted) != 0) fail_damaged(LZ4F_getErrorName(wanted));
    step.ended = wanted == 0;
    return step;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

}  // namespace

std::unique_ptr<Decoder> make_lz4_decoder() {
  return std::make_unique<Lz4Decoder>();
}

}  // namespace evenscore::pickle
