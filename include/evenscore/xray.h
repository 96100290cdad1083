#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace evenscore {

/// What loading a file in Python would do, as far as its content tells.
enum class XrayVerdict {
  plain_data,  ///< numbers, texts, containers and arrays: nothing but known data constructors is called
  harmless,    ///< also instances of known classes, which run no code of the file's choosing
  runs_code,   ///< something is called, imported or written into that no list of known classes has
  unknown,     ///< not all of the file could be read, and what was read is harmless
};

/// "plain data", "unsupported but harmless", "would run code", "unknown".
const char* to_string(XrayVerdict verdict);

/// One thing that Python would call, make, import or write into, with all its occurrences.
struct XrayCallable {
  std::string name;    ///< "posix.system"
  std::string opcode;  ///< how: "REDUCE", "NEWOBJ", "INST", "BUILD", "GLOBAL" (imported, not called) ...
  std::string reason;  ///< why it counts as code; empty for a known data constructor or class
  std::uint64_t count = 0;
  std::uint64_t offset = 0;  ///< byte of the stream of the first occurrence
  std::string path;          ///< where what it made stands in the object tree; empty where it stands nowhere
};

struct XrayClass {
  std::string name;
  std::uint64_t count = 0;
  bool known = false;
};

/// An instance of a class, in the order of the file.
struct XrayObject {
  std::string class_name;
  std::string path;             ///< empty where it stands nowhere in the object tree
  std::string sklearn_version;  ///< its own `_sklearn_version`, or empty
  std::uint64_t offset = 0;
};

struct XrayArray {
  std::string path;
  std::string dtype;  ///< as NumPy prints it: "float64", "<U5", "object"
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = 0;
};

/// What a file holds that Python would load. Lists are bounded; the totals beside them count everything.
struct Xray {
  std::string source_name;
  std::string container;  ///< "a pickle", "a zlib-compressed joblib file"
  bool is_hdf5 = false;   ///< as a pipeline file: no pickle, and nothing below means anything
  std::uint64_t file_bytes = 0;
  std::uint64_t stream_bytes = 0;  ///< after decompression; 0 where the container cannot be opened
  std::uint64_t read_bytes = 0;    ///< of the stream, from its start
  int protocol = 0;
  std::uint64_t pickles = 0;         ///< complete ones, one after the other; 1 in a file that Python wrote
  std::uint64_t nested_pickles = 0;  ///< inside joblib's arrays of Python objects
  std::uint64_t opcodes = 0;
  std::string stopped;             ///< why reading ended before the end of the stream; empty if it did not
  std::vector<std::string> notes;  ///< what the file does that no pickler does, beside what `callables` says

  std::vector<XrayClass> classes;  ///< most frequent first
  std::uint64_t classes_total = 0;
  std::vector<XrayObject> objects;
  std::uint64_t objects_total = 0;
  std::vector<XrayCallable> callables;  ///< what would run code first
  std::uint64_t callables_total = 0;
  std::uint64_t code_total = 0;   ///< of those, with a reason
  std::vector<XrayArray> arrays;  ///< largest first
  std::uint64_t arrays_total = 0;
  std::uint64_t array_bytes = 0;
  std::vector<std::pair<std::string, std::uint64_t>> dtypes;  ///< and how many arrays, most frequent first
  XrayVerdict verdict = XrayVerdict::unknown;
};

/// Reads all of a saved file that can be read, also one that can never be scored. Nothing in it is run.
/// Throws Error only where the file itself cannot be read.
Xray xray_file(const std::string& path);

/// The same for a file in memory; never throws Error.
Xray xray(std::span<const std::byte> file);

}  // namespace evenscore
