// zlib streams: HDF5's filter 1, "gzip".
#include <libdeflate.h>

#include <new>

#include "codec/undo.h"

namespace evenscore::codec {

void FreeDeflate::operator()(libdeflate_decompressor* decompressor) const {
  libdeflate_free_decompressor(decompressor);
}

namespace {

class Deflate : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override {
    // Fixed codes of nine bits a byte, which no writer would choose.
    return {1, bytes.most + bytes.most / 8 + 64};
  }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out,
                   Workspace& workspace) const override {
    if (!workspace.deflate) workspace.deflate.reset(libdeflate_alloc_decompressor());
    if (!workspace.deflate) throw std::bad_alloc();
    std::size_t taken = 0;
    std::size_t made = 0;
    const libdeflate_result result = libdeflate_zlib_decompress_ex(
        workspace.deflate.get(), stored.data(), stored.size(), out.data(), out.size(), &taken, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) fail_damaged("gzip", "they expand to more than a chunk");
    if (result != LIBDEFLATE_SUCCESS) fail_damaged("gzip", "they are no zlib stream");
    if (taken != stored.size()) fail_damaged("gzip", "other bytes follow the zlib stream");
    return made;
  }
};

}  // namespace

std::unique_ptr<Undo> make_deflate() {
  return std::make_unique<Deflate>();
}

}  // namespace evenscore::codec
