#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace evenscore::pickle {

/// What a file is, as far as its first bytes tell. Names of files mean nothing: `.pkl` files are often
/// joblib's.
enum class Container : uint8_t {
  empty,         ///< no bytes at all
  raw_pickle,    ///< an uncompressed pickle of protocol 2 or later
  early_pickle,  ///< starts as a pickle of protocol 0 or 1 may; only its last byte and a parse can tell
  zlib,          ///< joblib's compress=1..9
  gzip,
  bzip2,
  xz,
  lzma,  ///< the format before xz
  lz4,
  zfile,  ///< joblib 0.9 and older
  zip,    ///< torch, skops, npz: not joblib's
  npy,    ///< one NumPy array
  hdf5,
  git_lfs,       ///< a pointer that stands for a file kept elsewhere
  mangled_text,  ///< a binary file that was converted as if it were UTF-8 text
  unknown,
};

/// The container that starts with `head`; 24 bytes decide, fewer are read as a short file.
Container detect(std::span<const std::byte> head);

/// The container's name for a message: "gzip", "a NumPy .npy array".
const char* describe(Container container);

/// Throws Error(not_a_model), saying what the file is and what to do, for everything but pickles and what
/// decompresses to one.
void refuse_unless_supported(Container container);

}  // namespace evenscore::pickle
