#include "pickle/container.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "evenscore/error.h"

namespace evenscore::pickle {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  Container container;
};

constexpr Signature kSignatures[] = {
    {"\x80"sv, Container::raw_pickle},
    {"\x1F\x8B"sv, Container::gzip},
    {"BZh"sv, Container::bzip2},
    {"\xFD\x37zXZ"sv, Container::xz},
    {"\x5D\x00"sv, Container::lzma},
    {"\x04\x22\x4D\x18"sv, Container::lz4},
    {"ZF"sv, Container::zfile},
    {"PK\x03\x04"sv, Container::zip},
    {"\x93NUMPY"sv, Container::npy},
    {"\x89HDF\r\n\x1A\n"sv, Container::hdf5},
    {"version https://git-lfs"sv, Container::git_lfs},
    {"\xEF\xBF\xBD"sv, Container::mangled_text},
};

/// Opcodes that a pickler of protocol 0 or 1 may write first.
constexpr std::string_view kEarlyFirstOpcodes = "(]})cNIJKMLFGVXUTl";

bool is_zlib(std::string_view head) {
  if (head.size() < 2) return false;
  const unsigned method = static_cast<unsigned char>(head[0]);
  const unsigned flags = static_cast<unsigned char>(head[1]);
  constexpr unsigned kPresetDictionary = 0x20;  // never joblib's, but it makes "x " a valid header
  return method == 0x78 && (method * 256 + flags) % 31 == 0 && (flags & kPresetDictionary) == 0;
}

}  // namespace

Container detect(std::span<const std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (text.empty()) return Container::empty;
  for (const Signature& signature : kSignatures) {
    if (text.substr(0, signature.bytes.size()) == signature.bytes) return signature.container;
  }
  if (is_zlib(text)) return Container::zlib;
  if (kEarlyFirstOpcodes.find(text[0]) != std::string_view::npos) return Container::early_pickle;
  return Container::unknown;
}

const char* describe(Container container) {
  switch (container) {
    case Container::empty:
      return "an empty file";
    case Container::raw_pickle:
      return "a pickle";
    case Container::early_pickle:
      return "a pickle of protocol 0 or 1";
    case Container::zlib:
      return "a zlib-compressed joblib file";
    case Container::gzip:
      return "a gzip file";
    case Container::bzip2:
      return "a bzip2 file";
    case Container::xz:
      return "an xz file";
    case Container::lzma:
      return "an lzma file";
    case Container::lz4:
      return "an LZ4 file";
    case Container::zfile:
      return "a compressed file of joblib 0.9 or older";
    case Container::zip:
      return "a zip archive";
    case Container::npy:
      return "a NumPy .npy array";
    case Container::hdf5:
      return "an HDF5 file";
    case Container::git_lfs:
      return "a Git LFS pointer, not the file it stands for";
    case Container::mangled_text:
      return "a binary file that was damaged by a conversion as UTF-8 text";
    case Container::unknown:
      break;
  }
  return "neither a pickle nor a joblib file";
}

void refuse_unless_supported(Container container) {
  const std::string what = std::string("this is ") + describe(container);
  switch (container) {
    case Container::raw_pickle:
    case Container::early_pickle:
    case Container::zlib:
    case Container::gzip:
    case Container::bzip2:
    case Container::xz:
    case Container::lzma:
    case Container::lz4:
    case Container::zfile:
      return;
    case Container::zip:
      throw Error(ErrorCode::not_a_model, what + ", which joblib never writes", {},
                  "unpack it if it holds a .joblib or .pkl file; torch, skops and .npz files are not read");
    case Container::npy:
      throw Error(ErrorCode::not_a_model, what + ", not a saved model", {});
    case Container::hdf5:
      throw Error(ErrorCode::not_a_model, what + ", not a pickle", {});
    case Container::git_lfs:
      throw Error(ErrorCode::not_a_model, what, {}, "fetch the file with git lfs pull");
    case Container::mangled_text:
      throw Error(ErrorCode::not_a_model, what, {}, "copy the original file again, in binary mode");
    case Container::empty:
      throw Error(ErrorCode::not_a_model, "the file is empty");
    case Container::unknown:
      throw Error(ErrorCode::not_a_model, what, {},
                  "give a file written by joblib.dump or pickle.dump, or a pipeline file");
  }
}

}  // namespace evenscore::pickle
