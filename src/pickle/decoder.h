#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pickle/container.h"

namespace evenscore::pickle {

/// Decompresses one member of a compressed file, a piece at a time. Memory does not depend on the data but
/// for the dictionary that an xz or lzma file asks for, which is bounded.
class Decoder {
 public:
  struct Step {
    size_t taken = 0;    ///< bytes read from the front of the input
    size_t made = 0;     ///< bytes written to the front of the output
    bool ended = false;  ///< the member is complete and its checksum, if it has one, is right
  };

  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;

  /// Throws Error without a place: corrupt_file, and limit_exceeded where the data asks for too much memory.
  virtual Step step(std::span<const std::byte> in, std::span<std::byte> out) = 0;
};

/// A decoder at the start of a member; null when the container is not compressed.
std::unique_ptr<Decoder> make_decoder(Container container);

std::unique_ptr<Decoder> make_zlib_decoder();
std::unique_ptr<Decoder> make_gzip_decoder();
std::unique_ptr<Decoder> make_bzip2_decoder();
std::unique_ptr<Decoder> make_xz_decoder();
std::unique_ptr<Decoder> make_lzma_decoder();
std::unique_ptr<Decoder> make_lz4_decoder();

/// What every decoder throws for data that its library refuses; `why` is the library's word for it.
[[noreturn]] void fail_damaged(const char* why);
[[noreturn]] void fail_to_start(const char* library);

}  // namespace evenscore::pickle
