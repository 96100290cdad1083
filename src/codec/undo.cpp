#include "codec/undo.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::codec {

void fail_damaged(std::string_view name, std::string_view how) {
  throw Error(ErrorCode::corrupt_file, fmt::format("the {} data of a chunk are damaged: {}", name, how), {},
              "copy the file again");
}

void fail_client_data(const Filter& filter, std::string_view how) {
  throw Error(ErrorCode::corrupt_file,
              fmt::format("the dataset's {} filter is damaged: {}", filter_name(filter.id), how), {},
              "copy the file again");
}

void fail_unsupported(std::string_view what) {
  throw Error(ErrorCode::unsupported,
              fmt::format("the dataset is filtered by {}, which evenscore cannot undo", what), {},
              "write it again with gzip, lzf, lz4, zstd, bitshuffle or none, as h5repack does");
}

void require_room(std::string_view name, std::uint64_t made, std::span<const std::byte> out) {
  if (made > out.size())
    fail_damaged(name, fmt::format("{} bytes where at most {} belong", made, out.size()));
}

std::unique_ptr<Undo> make_undo(const Filter& filter, const ChunkShape& shape) {
  switch (filter.id) {
    case 1:
      return make_deflate();
    case 2:
      return make_shuffle(filter);
    case 3:
      return make_fletcher32();
    case 4:
      return make_szip(filter);
    case 5:
      return make_nbit(filter, shape);
    case 6:
      return make_scale_offset(filter, shape);
    case 32000:
      return make_lzf(filter, shape);
    case 32001:
      return make_blosc(filter, shape);
    case 32004:
      return make_lz4(filter);
    case 32008:
      return make_bitshuffle(filter, shape);
    case 32015:
      return make_zstd();
    default:
      fail_unsupported(filter_name(filter.id));
  }
}

}  // namespace evenscore::codec
