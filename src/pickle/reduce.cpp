#include "pickle/reduce.h"

#include <fmt/format.h>

#include "pickle/numpy_dtype.h"
#include "pickle/numpy_values.h"

namespace evenscore::pickle {
namespace {

bool is_global(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::name) || arena.is(id, Kind::unsupported);
}

/// `set(list)` and `frozenset(list)`.
NodeId make_set(Arena& arena, std::span<const NodeId> args) {
  if (args.size() > 1) return kNoNode;
  if (args.empty()) return arena.add_container(Kind::set, {});
  if (!arena.is(args[0], Kind::list) && !arena.is(args[0], Kind::tuple)) return kNoNode;
  const std::span<const NodeId> elements = arena.children(args[0]);
  arena.charge(elements.size() * sizeof(NodeId));
  return arena.add_container(Kind::set, {elements.begin(), elements.end()});
}

/// `slice(start, stop, step)`.
NodeId make_slice(Arena& arena, std::span<const NodeId> args) {
  if (args.size() != 3) return kNoNode;
  return arena.add_container(Kind::slice, {args.begin(), args.end()});
}

/// `OrderedDict()`, and `OrderedDict([[key, value], ...])` as Python 2 writes it.
NodeId make_ordered_dict(Arena& arena, std::span<const NodeId> args) {
  if (args.empty()) return arena.add_container(Kind::dict, {});
  if (args.size() != 1 || !arena.is(args[0], Kind::list)) return kNoNode;
  std::vector<NodeId> pairs;
  for (const NodeId pair : arena.children(args[0])) {
    if (!arena.is(pair, Kind::list) || arena.children(pair).size() != 2) return kNoNode;
    arena.charge(2 * sizeof(NodeId));
    pairs.insert(pairs.end(), arena.children(pair).begin(), arena.children(pair).end());
  }
  return arena.add_container(Kind::dict, std::move(pairs));
}

NodeId add_bytes(Arena& arena, NodeId source) {
  const auto raw = raw_bytes(arena, source);
  if (!raw) return kNoNode;
  return arena.add_text(Kind::bytes, {reinterpret_cast<const char*>(raw->data()), raw->size()});
}

bool is_latin1(const Arena& arena, NodeId encoding) {
  if (!arena.is(encoding, Kind::string)) return false;
  const std::string_view name = arena.text(encoding);
  return name == "latin1" || name == "latin-1";
}

/// `bytes()`, `bytearray(bytes)` and `bytearray(str, 'latin-1')`.
NodeId make_bytes(Arena& arena, std::span<const NodeId> args) {
  if (args.empty()) return arena.add_text(Kind::bytes, {});
  if (args.size() == 1 && arena.is(args[0], Kind::bytes)) return add_bytes(arena, args[0]);
  if (args.size() == 2 && is_latin1(arena, args[1])) return add_bytes(arena, args[0]);
  return kNoNode;
}

/// `_codecs.encode(str, 'latin1')`: how protocols below 3 write bytes.
NodeId encode_latin1(Arena& arena, std::span<const NodeId> args) {
  if (args.size() != 2 || !is_latin1(arena, args[1]) || !arena.is(args[0], Kind::string)) return kNoNode;
  return add_bytes(arena, args[0]);
}

/// `copyreg._reconstructor(type, object, None)`: how protocols 0 and 1 write what NEWOBJ writes later.
NodeId reconstruct_instance(Arena& arena, std::span<const NodeId> args, NodeId arguments) {
  if (args.size() != 3 || !is_global(arena, args[0])) return kNoNode;
  const Meaning base = arena.is(args[1], Kind::name) ? arena.name(args[1]).meaning : Meaning::unknown;
  // A named tuple is made from builtins.tuple and its items.
  const bool of_builtin = arena.is(args[0], Kind::name) && base == Meaning::inert_name &&
                          arena.name(args[0]).meaning == Meaning::inert_object;
  if (of_builtin) return arena.add_instance(Kind::inert, arena.node(args[0]).extent, arguments);
  const bool plain = base == Meaning::base_object && arena.is(args[2], Kind::none);
  if (!plain) return arena.add_instance(Kind::unsupported, arena.node(args[0]).extent, arguments);
  return make_instance(arena, args[0], arena.add_container(Kind::tuple, {}), kNoNode);
}

/// `numpy.core._ufunc_reconstruct(module, name)`: the ufunc's name, as later NumPy versions write it.
NodeId make_ufunc(Arena& arena, std::span<const NodeId> args) {
  if (args.size() != 2 || !arena.is(args[0], Kind::string) || !arena.is(args[1], Kind::string))
    return kNoNode;
  const std::string_view module = arena.text(args[0]);
  const std::string_view name = arena.text(args[1]);
  if (module.size() > arena.limits().name_bytes || name.size() > arena.limits().name_bytes) return kNoNode;
  return arena.add_name(module, name);
}

/// `pandas _new_Index(Index, {'data': array, ...})`: the array of labels.
NodeId make_pandas_index(const Arena& arena, std::span<const NodeId> args) {
  if (args.size() != 2 || !arena.is(args[0], Kind::name) || !arena.is(args[1], Kind::dict)) return kNoNode;
  if (arena.name(args[0]).name != "Index" || arena.name(args[0]).meaning != Meaning::inert_name)
    return kNoNode;
  const NodeId data = arena.find(args[1], "data");
  return data != kNoNode && arena.is(data, Kind::array) ? data : kNoNode;
}

/// The value that a data constructor stands for, or kNoNode when the meaning is none or the arguments do not
/// fit.
NodeId construct(Arena& arena, Meaning meaning, NodeId arguments) {
  const std::span<const NodeId> args = arena.children(arguments);
  switch (meaning) {
    case Meaning::copyreg_reconstructor:
      return reconstruct_instance(arena, args, arguments);
    case Meaning::codecs_encode:
      return encode_latin1(arena, args);
    case Meaning::make_set:
      return make_set(arena, args);
    case Meaning::make_slice:
      return make_slice(arena, args);
    case Meaning::make_bytes:
      return make_bytes(arena, args);
    case Meaning::make_ordered_dict:
      return make_ordered_dict(arena, args);
    case Meaning::make_default_dict:
      return args.size() <= 1 ? arena.add_container(Kind::dict, {}) : kNoNode;
    case Meaning::numpy_reconstruct:
      return reconstruct_array(arena, arguments);
    case Meaning::numpy_scalar:
      return make_scalar(arena, arguments);
    case Meaning::numpy_frombuffer:
      return array_from_buffer(arena, arguments);
    case Meaning::numpy_dtype:
      return make_dtype(arena, arguments);
    case Meaning::numpy_ufunc:
      return make_ufunc(arena, args);
    case Meaning::pandas_new_index:
      return make_pandas_index(arena, args);
    default:
      return kNoNode;
  }
}

/// The dict of attributes in a state: itself, or the first of (dict, None), as classes with slots write it.
NodeId attributes_of(const Arena& arena, NodeId state) {
  if (arena.is(state, Kind::dict)) return state;
  if (arena.is(state, Kind::tuple)) {
    const std::span<const NodeId> parts = arena.children(state);
    if (parts.size() == 2 && arena.is(parts[1], Kind::none)) {
      if (arena.is(parts[0], Kind::dict)) return parts[0];
      if (arena.is(parts[0], Kind::none)) return kNoNode;
    }
  }
  arena.fail(ErrorCode::unsupported, "the state of an object is not a dict of attributes");
}

}  // namespace

NodeId reduce(Arena& arena, NodeId callable, NodeId arguments) {
  if (!is_global(arena, callable)) {
    arena.fail_corrupt(fmt::format("REDUCE calls {}, not a global", describe(arena.kind(callable))));
  }
  if (!arena.is(arguments, Kind::tuple)) arena.fail_corrupt("REDUCE has no tuple of arguments");
  const uint32_t name = arena.node(callable).extent;
  if (arena.is(callable, Kind::name)) {
    const Meaning meaning = arena.name(callable).meaning;
    if (meaning == Meaning::inert_object || meaning == Meaning::make_complex) {
      return arena.add_instance(Kind::inert, name, arguments);
    }
    const NodeId made = construct(arena, meaning, arguments);
    if (made != kNoNode) return made;
  }
  return arena.add_instance(Kind::unsupported, name, arguments);
}

NodeId make_instance(Arena& arena, NodeId type, NodeId arguments, NodeId keywords) {
  if (!is_global(arena, type)) {
    arena.fail_corrupt(
        fmt::format("NEWOBJ makes an instance of {}, not of a global", describe(arena.kind(type))));
  }
  if (!arena.is(arguments, Kind::tuple) || (keywords != kNoNode && !arena.is(keywords, Kind::dict))) {
    arena.fail_corrupt("NEWOBJ has no tuple of arguments");
  }
  const uint32_t name = arena.node(type).extent;
  const bool plain =
      arena.children(arguments).empty() && (keywords == kNoNode || arena.children(keywords).empty());
  Kind kind = Kind::unsupported;
  if (arena.is(type, Kind::name)) {
    const Meaning meaning = arena.name(type).meaning;
    if (meaning == Meaning::inert_object || (meaning == Meaning::joblib_array && plain)) kind = Kind::inert;
    if (meaning == Meaning::object && plain) kind = Kind::object;
  }
  const NodeId made = arena.add_instance(kind, name, plain ? kNoNode : arguments);
  if (!plain && keywords != kNoNode) arena.append(made, std::span(&keywords, 1));
  return made;
}

void build(Arena& arena, NodeId target, NodeId state) {
  switch (arena.kind(target)) {
    case Kind::array:
      return build_array(arena, target, state);
    case Kind::dtype:
      return build_dtype(arena, target, state);
    case Kind::object:
      if (arena.node(target).built) arena.fail_corrupt("an object is given its state twice");
      return arena.set_state(target, attributes_of(arena, state));
    case Kind::inert:
    case Kind::unsupported:
      if (arena.node(target).built) arena.fail_corrupt("an object is given its state twice");
      return arena.set_state(target, state);
    case Kind::name: {
      // BUILD on a class would write into the class itself: no pickler does it.
      const NodeId instance = arena.add_instance(Kind::unsupported, arena.node(target).extent, kNoNode);
      arena.become(target, arena.node(instance));
      arena.become(instance, Node());
      return arena.set_state(target, state);
    }
    default:
      arena.fail_corrupt(fmt::format("BUILD gives a state to {}", describe(arena.kind(target))));
  }
}

bool awaits_joblib_array(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::inert) && !arena.node(id).built &&
         arena.name(id).meaning == Meaning::joblib_array;
}

}  // namespace evenscore::pickle
