#include "chunk_encoders.h"

#include <blosc.h>
#include <lz4.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>

namespace evenscore::benchmarks {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t kWidth = sizeof(float);

void require(bool done) {
  if (!done) throw std::runtime_error("a chunk could not be compressed");
}

void append_big_endian(Bytes& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0) out.push_back(static_cast<std::byte>(value >> 8 * bytes));
}

Bytes shuffle(const Bytes& in) {
  Bytes out(in.size());
  const std::size_t count = in.size() / kWidth;
  for (std::size_t i = 0; i < in.size(); ++i) out[i % kWidth * count + i / kWidth] = in[i];
  return out;
}

/// As h5py's gzip: zlib at level 4.
Bytes gzip(const Bytes& in) {
  uLongf size = compressBound(in.size());
  Bytes out(size);
  require(compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(in.data()),
                    in.size(), 4) == Z_OK);
  out.resize(size);
  return out;
}

Bytes lz4_block(std::span<const std::byte> in) {
  Bytes out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(in.size()))));
  const int size =
      LZ4_compress_default(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                           static_cast<int>(in.size()), static_cast<int>(out.size()));
  require(size > 0);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Bytes lz4(const Bytes& in) {
  Bytes out;
  append_big_endian(out, in.size(), 8);
  append_big_endian(out, in.size(), 4);
  const Bytes block = lz4_block(in);
  append_big_endian(out, block.size(), 4);
  out.insert(out.end(), block.begin(), block.end());
  return out;
}

Bytes zstd(const Bytes& in) {
  Bytes out(ZSTD_compressBound(in.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 3);
  require(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

Bytes blosc(const Bytes& in) {
  Bytes out(in.size() + BLOSC_MAX_OVERHEAD);
  const int size =
      blosc_compress_ctx(5, BLOSC_SHUFFLE, kWidth, in.size(), in.data(), out.data(), out.size(), "lz4", 0, 1);
  require(size > 0);
  out.resize(static_cast<std::size_t>(size));
  return out;
}

/// LibLZF's format, greedy: the last place with the same three bytes.
Bytes lzf(const Bytes& in) {
  constexpr std::size_t kMostLiterals = 32, kMostDistance = 8192, kMostLength = 264;
  Bytes out;
  std::vector<std::size_t> seen(1 << 16, SIZE_MAX);
  std::size_t pending = 0;  // literals start here
  const auto flush = [&](std::size_t end) {
    for (; pending < end;) {
      const std::size_t now = std::min(kMostLiterals, end - pending);
      out.push_back(static_cast<std::byte>(now - 1));
      out.insert(out.end(), in.begin() + static_cast<std::ptrdiff_t>(pending),
                 in.begin() + static_cast<std::ptrdiff_t>(pending + now));
      pending += now;
    }
  };
  for (std::size_t i = 0; i + 4 <= in.size();) {
    std::uint32_t four = 0;
    std::memcpy(&four, in.data() + i, 4);
    std::size_t& last = seen[(four & 0xffffff) * 2654435761U >> 16];
    const std::size_t from = std::exchange(last, i);
    std::size_t length = 0;
    if (from != SIZE_MAX && i - from <= kMostDistance) {
      while (length < kMostLength && i + length < in.size() && in[from + length] == in[i + length]) ++length;
    }
    if (length < 3) {
      ++i;
      continue;
    }
    flush(i);
    const std::size_t distance = i - from - 1, code = length - 2;
    out.push_back(static_cast<std::byte>(std::min<std::size_t>(code, 7) << 5 | distance >> 8));
    if (code >= 7) out.push_back(static_cast<std::byte>(code - 7));
    out.push_back(static_cast<std::byte>(distance));
    i += length;
    pending = i;
  }
  flush(in.size());
  return out;
}

constexpr std::size_t kBlock = 2048;  // elements: bitshuffle's 8 KiB

Bytes bits_apart(std::span<const std::byte> in) {
  Bytes out(in.size());
  const std::size_t row = in.size() / kWidth / 8;
  for (std::size_t i = 0; i < in.size(); ++i) {
    for (std::size_t k = 0; k < 8; ++k) {
      const std::byte bit = in[i] >> static_cast<int>(k) & std::byte{1};
      const std::size_t element = i / kWidth;
      out[(8 * (i % kWidth) + k) * row + element / 8] |= bit << static_cast<int>(element % 8);
    }
  }
  return out;
}

Bytes bitshuffle(const Bytes& in, bool compressed) {
  Bytes out;
  if (compressed) {
    append_big_endian(out, in.size(), 8);
    append_big_endian(out, kBlock * kWidth, 4);
  }
  for (std::size_t begin = 0; begin < in.size(); begin += kBlock * kWidth) {
    Bytes block = bits_apart(std::span(in).subspan(begin, std::min(kBlock * kWidth, in.size() - begin)));
    if (compressed) {
      block = lz4_block(block);
      append_big_endian(out, block.size(), 4);
    }
    out.insert(out.end(), block.begin(), block.end());
  }
  return out;
}

Bytes fletcher32(Bytes in) {
  std::uint64_t first = 0, second = 0;
  for (std::size_t i = 0; i < in.size(); i += 2) {
    first = (first + (std::to_integer<unsigned>(in[i]) << 8) + std::to_integer<unsigned>(in[i + 1])) % 65535;
    second = (second + first) % 65535;
  }
  const auto sum =
      static_cast<std::uint32_t>((second == 0 ? 65535 : second) << 16 | (first == 0 ? 65535 : first));
  const auto bytes = std::as_bytes(std::span(&sum, 1));
  in.insert(in.end(), bytes.begin(), bytes.end());
  return in;
}

}  // namespace

StoredChunk encode(const std::string& name, const std::vector<float>& rows) {
  const auto bytes = std::as_bytes(std::span(rows));
  StoredChunk chunk{{}, {bytes.begin(), bytes.end()}};
  const auto apply = [&](std::uint32_t id, std::vector<std::uint32_t> values, Bytes stored) {
    chunk.filters.push_back({id, std::move(values)});
    chunk.stored = std::move(stored);
  };
  const bool shuffled = name.starts_with("shuffle");
  const std::string rest =
      shuffled ? name.substr(std::min(name.size(), std::string("shuffle_").size())) : name;
  if (shuffled) apply(2, {kWidth}, shuffle(chunk.stored));
  if (rest == "gzip") apply(1, {4}, gzip(chunk.stored));
  if (rest == "lzf") apply(32000, {}, lzf(chunk.stored));
  if (rest == "lz4") apply(32004, {}, lz4(chunk.stored));
  if (rest == "zstd") apply(32015, {}, zstd(chunk.stored));
  if (rest == "blosc_lz4") apply(32001, {}, blosc(chunk.stored));
  if (rest == "bitshuffle") apply(32008, {0, 4, kWidth}, bitshuffle(chunk.stored, false));
  if (rest == "bitshuffle_lz4") apply(32008, {0, 4, kWidth, 0, 2}, bitshuffle(chunk.stored, true));
  if (rest == "fletcher32") apply(3, {}, fletcher32(chunk.stored));
  if (chunk.filters.empty()) throw std::runtime_error("no filter is called " + name);
  return chunk;
}

}  // namespace evenscore::benchmarks
