#include "cli/xray_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/grouped_digits.h"
#include "base/printable.h"

namespace evenscore::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

std::string place_of(const std::string& path) {
  return path.empty() ? "(not in the object tree)" : printable(path);
}

std::vector<std::string> code_list(const Xray& xray) {
  std::vector<std::string> names;
  for (const XrayCallable& one : xray.callables) {
    const std::string name = printable(one.name);
    if (!one.reason.empty() && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  return names;
}

/// "posix.system and 2 more"; empty where nothing would run.
std::string code_names(const Xray& xray) {
  constexpr std::size_t kMost = 5;
  const std::vector<std::string> names = code_list(xray);
  std::string text = fmt::format(
      "{}", fmt::join(names.begin(),
                      names.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, names.size())), ", "));
  if (names.size() > kMost) text += fmt::format(" and {} more", names.size() - kMost);
  return text;
}

std::string verdict_text(const Xray& xray) {
  switch (xray.verdict) {
    case XrayVerdict::runs_code:
      return "would run code: " + code_names(xray);
    case XrayVerdict::unknown:
      return fmt::format("unknown: only {} of {} bytes could be read", grouped(xray.read_bytes),
                         grouped(xray.stream_bytes));
    default:
      return to_string(xray.verdict);
  }
}

class Lines {
 public:
  explicit Lines(const OutputStyle& style) : most_(style.verbose ? 100 : 20) {}

  /// Prints the head and up to the bound of `entries`, and how many are left out of `total`.
  template <typename Entry, typename Print>
  void print(const std::string& head, const std::vector<Entry>& entries, std::uint64_t total,
             Print print_one) const {
    if (entries.empty()) return;
    fmt::print("\n{}\n", head);
    const std::size_t shown = std::min(most_, entries.size());
    for (std::size_t i = 0; i < shown; ++i) print_one(entries[i]);
    if (total > shown) fmt::print("    and {} more\n", grouped(total - shown));
  }

 private:
  std::size_t most_;
};

void print_callable(const XrayCallable& one) {
  fmt::print("    {}: {} at byte {}", printable(one.name), one.opcode, one.offset);
  if (!one.path.empty()) fmt::print(", {}", printable(one.path));
  if (one.count > 1) fmt::print(", {} times", grouped(one.count));
  if (!one.reason.empty()) fmt::print(": {}", printable(one.reason));
  fmt::print("\n");
}

void print_text(const Xray& xray, const OutputStyle& style) {
  fmt::print("{}\n\n", printable(xray.source_name));
  fmt::print("container      {}, {} bytes\n", xray.container, grouped(xray.file_bytes));
  if (xray.stream_bytes > 0) {
    fmt::print("pickle         protocol {}, {} bytes, {} opcodes\n", xray.protocol,
               grouped(xray.stream_bytes), grouped(xray.opcodes));
  }
  if (!xray.stopped.empty()) {
    fmt::print("read up to     byte {}: {}\n", grouped(xray.read_bytes), printable(xray.stopped));
  }
  fmt::print("verdict        {}\n", verdict_text(xray));
  if (xray.stream_bytes == 0) return;

  const Lines lines(style);
  std::vector<XrayCallable> code, data;
  for (const XrayCallable& one : xray.callables) (one.reason.empty() ? data : code).push_back(one);
  lines.print("what Python would run", code, xray.code_total, print_callable);
  lines.print("classes", xray.classes, xray.classes_total, [](const XrayClass& one) {
    fmt::print("    {:>6} {}{}\n", grouped(one.count), printable(one.name), one.known ? "" : ", not known");
  });
  lines.print("objects", xray.objects, xray.objects_total, [](const XrayObject& one) {
    fmt::print("    {}: {}{}\n", place_of(one.path), printable(one.class_name),
               one.sklearn_version.empty() ? "" : ", scikit-learn " + printable(one.sklearn_version));
  });
  lines.print("known constructors and classes that Python would call", data,
              xray.callables_total - xray.code_total, print_callable);
  std::string dtypes;
  for (const auto& [dtype, count] : xray.dtypes) {
    dtypes += fmt::format("{}{} {}", dtypes.empty() ? "" : ", ", grouped(count), dtype);
  }
  lines.print(fmt::format("arrays: {} bytes; {}", grouped(xray.array_bytes), dtypes), xray.arrays,
              xray.arrays_total, [](const XrayArray& one) {
                fmt::print("    {}: {} {}, {} bytes\n", place_of(one.path), one.dtype, shape_text(one.shape),
                           grouped(one.bytes));
              });
  lines.print("what no pickler writes", xray.notes, xray.notes.size(),
              [](const std::string& note) { fmt::print("    {}\n", printable(note)); });
}

Json to_json(const Xray& xray, const Error& refused) {
  Json classes = Json::array(), objects = Json::array(), callables = Json::array(), arrays = Json::array();
  for (const XrayClass& one : xray.classes) {
    classes.push_back({{"name", one.name}, {"count", one.count}, {"known", one.known}});
  }
  for (const XrayObject& one : xray.objects) {
    objects.push_back({{"class", one.class_name},
                       {"path", one.path},
                       {"sklearn_version", one.sklearn_version},
                       {"offset", one.offset}});
  }
  for (const XrayCallable& one : xray.callables) {
    callables.push_back({{"name", one.name},
                         {"opcode", one.opcode},
                         {"runs_code", !one.reason.empty()},
                         {"reason", one.reason},
                         {"count", one.count},
                         {"offset", one.offset},
                         {"path", one.path}});
  }
  for (const XrayArray& one : xray.arrays) {
    arrays.push_back({{"path", one.path}, {"dtype", one.dtype}, {"shape", one.shape}, {"bytes", one.bytes}});
  }
  Json dtypes = Json::object();
  for (const auto& [dtype, count] : xray.dtypes) dtypes[dtype] = count;
  return {{"schema", "evenscore-xray-1"},
          {"source_name", xray.source_name},
          {"exit_status", exit_status(refused.code())},
          {"error", refused.what()},
          {"verdict", to_string(xray.verdict)},
          {"container", xray.container},
          {"file_bytes", xray.file_bytes},
          {"stream_bytes", xray.stream_bytes},
          {"read_bytes", xray.read_bytes},
          {"stopped", xray.stopped},
          {"protocol", xray.protocol},
          {"pickles", xray.pickles},
          {"nested_pickles", xray.nested_pickles},
          {"opcodes", xray.opcodes},
          {"callables", callables},
          {"callables_total", xray.callables_total},
          {"callables_that_run_code", xray.code_total},
          {"classes", classes},
          {"classes_total", xray.classes_total},
          {"objects", objects},
          {"objects_total", xray.objects_total},
          {"arrays", arrays},
          {"arrays_total", xray.arrays_total},
          {"array_bytes", xray.array_bytes},
          {"dtypes", dtypes},
          {"notes", xray.notes}};
}

bool has_something_to_show(const Error& refused) {
  switch (refused.code()) {
    case ErrorCode::file_missing:
    case ErrorCode::bad_request:
      return false;
    default:
      return exit_status(refused.code()) == 2;
  }
}

}  // namespace

bool print_xray_of_refused(const std::string& path, const Error& refused, const OutputStyle& style) {
  if (!has_something_to_show(refused)) return false;
  Xray xray;
  try {
    xray = xray_file(path);
  } catch (const Error&) {
    return false;  // too large, or gone in between: `refused` says more
  }
  if (xray.is_hdf5) return false;
  if (style.json) {
    fmt::print("{}\n", to_json(xray, refused).dump(2, ' ', false, Json::error_handler_t::replace));
  } else if (!style.quiet) {
    print_text(xray, style);
  }
  return true;
}

void print_safety(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const Xray xray = xray_file(path);
    if (xray.is_hdf5) continue;
    std::string text = "supported, and loading it in Python runs no code of the file's choosing";
    if (xray.verdict == XrayVerdict::runs_code)
      text = "Python would run code to load it: " + code_names(xray);
    if (xray.verdict == XrayVerdict::unknown) text = verdict_text(xray);
    fmt::print("\nverdict        {}: {}\n", printable(xray.source_name), text);
  }
}

Json safety_json(const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (const std::string& path : paths) {
    const Xray xray = xray_file(path);
    if (xray.is_hdf5) continue;
    const bool open = xray.verdict == XrayVerdict::runs_code || xray.verdict == XrayVerdict::unknown;
    list.push_back({{"source_name", xray.source_name},
                    {"verdict", open ? to_string(xray.verdict) : "supported"},
                    {"code", code_list(xray)}});
  }
  return list;
}

}  // namespace evenscore::cli
