#include "codec/filter.h"

#include <fmt/format.h>

namespace evenscore::codec {
namespace {

struct Known {
  std::uint32_t id;
  const char* name;
};

constexpr Known kKnown[] = {
    {1, "gzip"},           {2, "shuffle"}, {3, "fletcher32"}, {4, "szip"},      {5, "nbit"},
    {6, "scaleoffset"},    {307, "bzip2"}, {32000, "lzf"},    {32001, "blosc"}, {32004, "lz4"},
    {32008, "bitshuffle"}, {32013, "zfp"}, {32015, "zstd"},   {32017, "sz"},    {32019, "jpeg"},
    {32022, "bitgroom"},   {32024, "sz3"}, {32026, "blosc2"}, {32028, "sperr"},
};

}  // namespace

std::string filter_name(std::uint32_t id) {
  for (const Known& known : kKnown) {
    if (known.id == id) return known.name;
  }
  return fmt::format("number {}", id);
}

}  // namespace evenscore::codec
