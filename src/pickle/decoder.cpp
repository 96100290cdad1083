#include "pickle/decoder.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::pickle {

std::unique_ptr<Decoder> make_decoder(Container container) {
  switch (container) {
    case Container::zlib:
    case Container::zfile:
      return make_zlib_decoder();
    case Container::gzip:
      return make_gzip_decoder();
    case Container::bzip2:
      return make_bzip2_decoder();
    case Container::xz:
      return make_xz_decoder();
    case Container::lzma:
      return make_lzma_decoder();
    case Container::lz4:
      return make_lz4_decoder();
    default:
      return nullptr;
  }
}

void fail_damaged(const char* why) {
  throw Error(ErrorCode::corrupt_file, fmt::format("the compressed data is damaged ({})", why), {},
              "copy the file again");
}

void fail_to_start(const char* library) {
  throw Error(ErrorCode::storage_failure, fmt::format("{} cannot be started", library));
}

}  // namespace evenscore::pickle
