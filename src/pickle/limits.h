#pragma once

#include <cstddef>
#include <cstdint>

namespace evenscore::pickle {

/// What a saved file may ask for before it is refused with ErrorCode::limit_exceeded. Every number is an
/// inclusive maximum; the defaults leave room for the largest models seen and keep a hostile file small in
/// time and memory.
struct Limits {
  uint64_t file_bytes = uint64_t{1} << 30;        ///< size of the file
  uint64_t stream_bytes = uint64_t{1} << 30;      ///< size of the pickle stream after decompression
  uint64_t expansion_ratio = 64;                  ///< stream bytes per file byte, for streams above ...
  uint64_t expansion_floor = uint64_t{64} << 20;  ///< ... this many, up to which any ratio is allowed
  uint64_t memory_per_byte = 32;                  ///< bytes of values per byte of stream ...
  uint64_t memory_per_file_byte = 48;             ///< ... but no more than this per byte of file ...
  uint64_t memory_floor = uint64_t{48} << 20;     ///< ... plus this many
  uint64_t opcodes = 50'000'000;                  ///< opcodes executed
  size_t marks = 256;                             ///< open MARKs
  size_t depth = 512;                             ///< containers inside containers, seen from the root
  uint64_t string_bytes = uint64_t{16} << 20;     ///< bytes of one string in the stream
  size_t name_bytes = 256;                        ///< bytes of a module's or a global's name
  size_t integer_digits = 64;                     ///< decimal digits, or bytes, of one integer
  size_t array_dimensions = 8;                    ///< dimensions of one array
  uint32_t item_bytes = 64 << 10;                 ///< bytes of one array element
  size_t nested_streams = 1;                      ///< pickles inside a joblib file's object arrays
};

}  // namespace evenscore::pickle
