#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

#include "evenscore/error.h"
#include "evenscore/xray.h"
#include "pickle/container.h"
#include "pickle/decompress.h"
#include "pickle/stream.h"
#include "pickle/xray.h"
#include "pipeline/known_classes.h"

namespace evenscore {

const char* to_string(XrayVerdict verdict) {
  switch (verdict) {
    case XrayVerdict::plain_data:
      return "plain data";
    case XrayVerdict::harmless:
      return "unsupported but harmless";
    case XrayVerdict::runs_code:
      return "would run code";
    case XrayVerdict::unknown:
      break;
  }
  return "unknown";
}

namespace {

/// Of a compressed file that is damaged or expands too much; what runs code stands early.
constexpr std::uint64_t kLongestBeginning = 4 << 20;

/// Whether a file that is no pickle would run something all the same. A zip archive starts with PERSID.
bool calls_something(const Xray& xray) {
  return std::any_of(xray.callables.begin(), xray.callables.end(), [](const XrayCallable& one) {
    return !one.reason.empty() && one.opcode != "PERSID" && one.opcode != "BINPERSID";
  });
}

}  // namespace

Xray xray_file(const std::string& path) {
  try {
    const pickle::Limits limits;
    std::vector<std::byte> file = pickle::read_file(path, limits);
    Xray out = xray(file);
    out.source_name = std::filesystem::path(path).filename().string();
    return out;
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

Xray xray(std::span<const std::byte> file) {
  const pickle::Limits limits;
  const pickle::Container container = pickle::detect(file.first(std::min<size_t>(file.size(), 64)));
  Xray out;
  try {
    out = pickle::xray(pickle::open_stream(file, limits), known_globals(), limits);
  } catch (const Error& refused) {
    // Python starts at the first byte whatever follows, so what a refused file would run is looked for too.
    std::vector<std::byte> beginning = pickle::decompressed_beginning(container, file, kLongestBeginning);
    const bool decompressed = !beginning.empty();
    if (!decompressed) beginning.assign(file.begin(), file.end());
    out = pickle::xray({std::move(beginning), file.size()}, known_globals(), limits);
    if (!decompressed && !calls_something(out)) out = Xray{};
    if (decompressed || out.stopped.empty()) out.stopped = refused.cause();
    if (out.verdict != XrayVerdict::runs_code) out.verdict = XrayVerdict::unknown;
  }
  out.container = pickle::describe(container);
  out.is_hdf5 = container == pickle::Container::hdf5;
  out.file_bytes = file.size();
  return out;
}

}  // namespace evenscore
