#include "pickle/xray.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "pickle/object_walk.h"
#include "pickle/observer.h"

namespace evenscore::pickle {
namespace {

constexpr size_t kMostEntries = 100;

std::string dtype_name(const Array& array) {
  const uint32_t bytes = array.item_size;
  switch (array.code) {
    case 'b':
      return "bool";
    case 'i':
      return fmt::format("int{}", bytes * 8);
    case 'u':
      return fmt::format("uint{}", bytes * 8);
    case 'f':
    case 'g':
      return fmt::format("float{}", bytes * 8);
    case 'c':
      return fmt::format("complex{}", bytes * 8);
    case 'U':
      return fmt::format("<U{}", bytes / 4);
    case 'S':
      return fmt::format("|S{}", bytes);
    case 'O':
      return "object";
    case 'M':
      return "datetime64";
    case 'm':
      return "timedelta64";
    default:
      return fmt::format("|V{}", bytes);
  }
}

/// Fills a path for each of the chosen values that stands in the object tree.
class Paths {
 public:
  void want(NodeId id, std::string* path, std::string* version = nullptr) {
    if (id != kNoNode) wanted_.emplace(id, Wanted{path, version});
  }

  void fill(const Arena& arena, const std::vector<NodeId>& roots) {
    ObjectWalk walk(arena);
    for (size_t i = 0; i < roots.size(); ++i) {
      const std::string pickle = roots.size() > 1 ? fmt::format("(pickle {}) ", i + 1) : std::string();
      walk.run(roots[i], [&](NodeId id) {
        const auto [first, last] = wanted_.equal_range(id);
        if (first == last) return true;
        const std::string path = pickle + walk.path();
        const NodeId version = arena.is_instance(id) ? walk.own_version(id) : kNoNode;
        for (auto at = first; at != last; ++at) {
          *at->second.path = path;
          if (at->second.version != nullptr && version != kNoNode) {
            *at->second.version = std::string(arena.text(version));
          }
        }
        return true;
      });
    }
  }

 private:
  struct Wanted {
    std::string* path;
    std::string* version;
  };
  std::unordered_multimap<NodeId, Wanted> wanted_;
};

void add_callables(Xray& out, const std::vector<Use>& uses, Paths& paths) {
  std::set<std::string_view> called;
  for (const Use& use : uses) {
    if (!use.reason.empty() && use.opcode != std::string_view("GLOBAL")) called.insert(use.name);
  }
  std::vector<const Use*> listed;
  for (const Use& use : uses) {
    // What is called was imported before, which says less.
    if (use.opcode == std::string_view("GLOBAL") && called.count(use.name) != 0) continue;
    listed.push_back(&use);
    if (!use.reason.empty()) ++out.code_total;
  }
  std::stable_sort(listed.begin(), listed.end(),
                   [](const Use* a, const Use* b) { return a->reason.empty() < b->reason.empty(); });
  out.callables_total = listed.size();
  out.callables.reserve(std::min(listed.size(), kMostEntries));
  for (size_t i = 0; i < listed.size() && i < kMostEntries; ++i) {
    const Use& use = *listed[i];
    XrayCallable& entry = out.callables.emplace_back();
    entry.name = use.name;
    entry.opcode = use.opcode;
    entry.reason = use.reason;
    entry.count = use.count;
    entry.offset = use.offset;
    paths.want(use.value, &entry.path);
  }
}

void add_objects(Xray& out, const Arena& arena, const Observer& seen, Paths& paths) {
  std::map<std::string, XrayClass> classes;
  out.objects.reserve(kMostEntries);
  for (const Made& made : seen.made()) {
    if (!arena.is_instance(made.value)) continue;  // joblib's wrapper has become its array
    XrayClass& one = classes[seen.name_of(made.value)];
    one.known = one.count++ == 0 ? seen.is_known_instance(made.value)
                                 : one.known && seen.is_known_instance(made.value);
    if (out.objects_total++ >= kMostEntries) continue;
    XrayObject& object = out.objects.emplace_back();
    object.class_name = seen.name_of(made.value);
    object.offset = made.offset;
    paths.want(made.value, &object.path, &object.sklearn_version);
  }
  for (auto& [name, one] : classes) {
    one.name = name;
    out.classes.push_back(one);
  }
  std::stable_sort(out.classes.begin(), out.classes.end(),
                   [](const XrayClass& a, const XrayClass& b) { return a.count > b.count; });
  out.classes_total = out.classes.size();
  if (out.classes.size() > kMostEntries) out.classes.resize(kMostEntries);
}

void add_arrays(Xray& out, const Arena& arena, Paths& paths) {
  std::unordered_map<const Array*, NodeId> arrays;  // a nested array and the wrapper that became it are one
  std::map<std::string, uint64_t> dtypes;
  std::vector<const Array*> order;
  for (NodeId id = 0; id < arena.size(); ++id) {
    if (!arena.is(id, Kind::array) || !arena.node(id).built) continue;
    const Array& array = arena.array(id);
    const auto [at, added] = arrays.emplace(&array, id);
    at->second = std::min(at->second, id);
    if (!added) continue;
    order.push_back(&array);
    out.array_bytes += array.size * array.item_size;
    ++dtypes[dtype_name(array)];
  }
  out.arrays_total = order.size();
  std::stable_sort(order.begin(), order.end(), [](const Array* a, const Array* b) {
    return a->size * a->item_size > b->size * b->item_size;
  });
  if (order.size() > kMostEntries) order.resize(kMostEntries);
  out.arrays.reserve(order.size());
  for (const Array* array : order) {
    XrayArray& entry = out.arrays.emplace_back();
    entry.dtype = dtype_name(*array);
    entry.shape = array->shape;
    entry.bytes = array->size * array->item_size;
    paths.want(arrays[array], &entry.path);
  }
  out.dtypes.assign(dtypes.begin(), dtypes.end());
  std::stable_sort(out.dtypes.begin(), out.dtypes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (out.dtypes.size() > kMostEntries) out.dtypes.resize(kMostEntries);
}

XrayVerdict verdict_of(const Xray& xray) {
  if (xray.code_total > 0) return XrayVerdict::runs_code;
  if (!xray.stopped.empty()) return XrayVerdict::unknown;
  return xray.objects_total > 0 ? XrayVerdict::harmless : XrayVerdict::plain_data;
}

/// What pickle.load would call in a file that it reads differently from joblib.load.
std::vector<Use> uses_of_pickle_load(Stream stream, const KnownGlobals& known, const Limits& limits) {
  Arena arena(std::move(stream), {}, limits);
  Observer seen(arena, known, false);
  seen.scan();
  std::vector<Use> calls;
  for (Use use : seen.uses()) {
    // Random bytes may well be one opcode, and hardly the several that a call needs.
    const std::string_view opcode = use.opcode;
    const bool is_call = opcode == "REDUCE" || opcode == "NEWOBJ" || opcode == "NEWOBJ_EX" ||
                         opcode == "INST" || opcode == "OBJ";
    if (use.reason.empty() || !is_call) continue;
    use.reason += ", if it loads the file with pickle.load, to which the bytes of arrays are opcodes";
    use.value = kNoNode;
    calls.push_back(std::move(use));
  }
  return calls;
}

}  // namespace

Xray xray(Stream stream, const KnownGlobals& known, const Limits& limits) {
  const uint64_t file_bytes = stream.file_bytes;
  Arena arena(std::move(stream), {}, limits);
  Observer seen(arena, known, true);
  seen.scan();

  Xray out;
  out.stream_bytes = arena.stream().size();
  out.read_bytes = seen.read_bytes();
  out.protocol = seen.protocol();
  out.pickles = seen.roots().size();
  out.nested_pickles = seen.nested_pickles();
  out.opcodes = seen.opcodes();
  out.stopped = seen.stopped();
  out.notes = seen.notes();

  std::vector<Use> uses = seen.uses();
  const bool calls =
      std::any_of(uses.begin(), uses.end(), [](const Use& use) { return !use.reason.empty(); });
  if (!calls && seen.reads_two_ways()) {
    const std::vector<Use> more =
        uses_of_pickle_load({{arena.stream().begin(), arena.stream().end()}, file_bytes}, known, limits);
    uses.insert(uses.end(), more.begin(), more.end());
  }
  Paths paths;
  add_callables(out, uses, paths);
  add_objects(out, arena, seen, paths);
  add_arrays(out, arena, paths);
  paths.fill(arena, seen.roots());
  out.verdict = verdict_of(out);
  return out;
}

}  // namespace evenscore::pickle
