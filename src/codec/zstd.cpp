// One Zstandard frame: filter 32015.
#include "codec/zstd.h"

#include <zstd.h>

#include <new>

#include "codec/bytes.h"
#include "codec/undo.h"

namespace evenscore::codec {

void FreeZstd::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

std::size_t undo_zstd_frame(std::string_view name, std::span<const std::byte> stored,
                            std::span<std::byte> out, Workspace& workspace) {
  // libzstd would also take frames of older formats, whose decoders nobody looks after, and several in a row.
  if (stored.size() < 4 || load<std::uint32_t>(stored.data()) != ZSTD_MAGICNUMBER ||
      ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size()) {
    fail_damaged(name, "they are no Zstandard frame");
  }
  const unsigned long long announced = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (announced == ZSTD_CONTENTSIZE_ERROR) fail_damaged(name, "they are no Zstandard frame");
  if (announced != ZSTD_CONTENTSIZE_UNKNOWN) require_room(name, announced, out);
  if (!workspace.zstd) workspace.zstd.reset(ZSTD_createDCtx());
  if (!workspace.zstd) throw std::bad_alloc();
  const std::size_t made =
      ZSTD_decompressDCtx(workspace.zstd.get(), out.data(), out.size(), stored.data(), stored.size());
  if (ZSTD_isError(made) != 0) fail_damaged(name, ZSTD_getErrorName(made));
  return made;
}

namespace {

class Zstd : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override { return {1, ZSTD_COMPRESSBOUND(bytes.most) + 64}; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out,
                   Workspace& workspace) const override {
    return undo_zstd_frame("zstd", stored, out, workspace);
  }
};

}  // namespace

std::unique_ptr<Undo> make_zstd() {
  return std::make_unique<Zstd>();
}

}  // namespace evenscore::codec
