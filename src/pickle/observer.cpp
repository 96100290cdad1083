#include "pickle/observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "pickle/opcodes.h"
#include "pickle/reduce.h"
#include "pickle/text.h"

namespace evenscore::pickle {
namespace {

constexpr const char* kCalled = "Python would call it";
constexpr const char* kWritten = "Python would write into what it made";

/// Cost of one entry of the lists that grow with the stream.
constexpr uint64_t kEntryBytes = 256;

bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.substr(0, 2) == "__" && name.substr(name.size() - 2) == "__";
}

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

void Observer::scan() {
  try {
    scan_pickles();
    at_ = cursor_.offset();
  } catch (const Error& error) {
    stopped_ = error.cause();
  }
}

void Observer::scan_pickles() {
  start_frame();
  protocol_ = frame().protocol;
  while (true) {
    at_ = cursor_.offset();
    arena_.set_offset(at_);
    if (++opcodes_ > arena_.limits().opcodes) {
      arena_.fail(ErrorCode::limit_exceeded,
                  fmt::format("it has more than {} opcodes", arena_.limits().opcodes));
    }
    const auto opcode = static_cast<Opcode>(cursor_.take_u8());
    if (opcode != Opcode::stop) {
      execute(opcode);
      continue;
    }
    if (!end_pickle()) continue;
    if (cursor_.remaining() == 0) return;
    note(fmt::format("{} bytes follow the end of the pickle", cursor_.remaining()));
    frames_.clear();
    memos_.clear();
    start_frame();
  }
}

bool Observer::end_pickle() {
  const Frame& ended = frame();
  if (ended.stack.empty()) arena_.fail_corrupt("the pickle ends without a value");
  if (ended.stack.size() > 1) note("values are left over at the end of the pickle");
  const NodeId value = ended.stack.back();
  if (frames_.size() == 1) {
    roots_.push_back(value);
    return true;
  }
  if (arena_.is(value, Kind::array) && arena_.node(value).built) {
    arena_.become(ended.wrapper, arena_.node(value));
  } else {
    note("the pickle nested in a joblib array is no array");
  }
  frames_.pop_back();
  memos_.resize(frames_.size());
  return false;
}

void Observer::execute(Opcode opcode) {
  if (!execute_refused(opcode) && !execute_observed(opcode)) Machine::execute(opcode);
}

bool Observer::execute_refused(Opcode opcode) {
  switch (opcode) {
    case Opcode::proto: {
      note("PROTO stands elsewhere than at the start");
      const int protocol = cursor_.take_u8();
      if (protocol > 5) arena_.fail(ErrorCode::unsupported, fmt::format("its protocol is {}", protocol));
      frame().protocol = protocol;
      return true;
    }
    case Opcode::pop: {
      note("POP hides a value");
      std::vector<size_t>& marks = frame().marks;
      if (!marks.empty() && marks.back() == frame().stack.size()) {
        marks.pop_back();
      } else {
        pop();
      }
      return true;
    }
    case Opcode::pop_mark:
      note("POP_MARK hides values");
      pop_to_mark();
      return true;
    case Opcode::dup:
      push(top());
      return true;
    case Opcode::inst: {
      const std::string_view module = cursor_.take_line(arena_.limits().name_bytes);
      push_global(module, cursor_.take_line(arena_.limits().name_bytes));
      const NodeId type = pop();
      instantiate("INST", type, pop_to_mark());
      return true;
    }
    case Opcode::obj: {
      std::vector<NodeId> items = pop_to_mark();
      if (items.empty()) arena_.fail_corrupt("OBJ has no class");
      const NodeId type = items.front();
      items.erase(items.begin());
      instantiate("OBJ", type, std::move(items));
      return true;
    }
    case Opcode::persid:
      use("PERSID", "persistent_load", "Python would ask the program that loads the file for an object",
          kNoNode);
      cursor_.take_line(arena_.limits().name_bytes);
      push(arena_.add(Kind::none));
      return true;
    case Opcode::binpersid:
      use("BINPERSID", "persistent_load", "Python would ask the program that loads the file for an object",
          kNoNode);
      pop();
      push(arena_.add(Kind::none));
      return true;
    case Opcode::ext1:
    case Opcode::ext2:
    case Opcode::ext4: {
      const size_t bytes = opcode == Opcode::ext1 ? 1 : opcode == Opcode::ext2 ? 2 : 4;
      const std::string code = fmt::format("extension {}", cursor_.take_unsigned(bytes));
      const NodeId id = arena_.add_name("copyreg", arena_.own(code));
      use("EXT", "copyreg " + code, "the extension registry of the program that loads the file has it", id);
      push(id);
      return true;
    }
    case Opcode::readonly_buffer:
      top();
      return true;
    default:
      return false;
  }
}

bool Observer::execute_observed(Opcode opcode) {
  switch (opcode) {
    case Opcode::reduce:
      if (!has_values(2)) return false;
      call();
      return true;
    case Opcode::newobj:
      if (!has_values(2)) return false;
      make(false);
      return true;
    case Opcode::newobj_ex:
      if (!has_values(3)) return false;
      make(true);
      return true;
    case Opcode::build:
      if (!has_values(2)) return false;
      give_state();
      return true;
    case Opcode::append:
      if (!has_values(2)) return false;
      give_items(opcode, "APPEND", peek(1));
      return true;
    case Opcode::setitem:
      if (!has_values(3)) return false;
      give_items(opcode, "SETITEM", peek(2));
      return true;
    case Opcode::appends:
    case Opcode::setitems:
    case Opcode::additems: {
      const NodeId target = under_mark();
      if (target == kNoNode) return false;
      const char* name = opcode == Opcode::appends    ? "APPENDS"
                         : opcode == Opcode::setitems ? "SETITEMS"
                                                      : "ADDITEMS";
      give_items(opcode, name, target);
      return true;
    }
    default:
      return false;
  }
}

void Observer::call() {
  const NodeId arguments = pop();
  const NodeId callable = pop();
  NodeId value = kNoNode;
  try {
    value = reduce(arena_, callable, arguments);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::limit_exceeded) throw;
    note(error.cause());
    value = stand_in(callable, arguments);
  }
  push(value);

  const bool is_name = arena_.is(callable, Kind::name);
  const bool reconstructs = is_name && arena_.name(callable).meaning == Meaning::copyreg_reconstructor &&
                            arena_.is(arguments, Kind::tuple) && !arena_.children(arguments).empty();
  const std::string name = name_of(reconstructs ? arena_.children(arguments)[0] : callable);
  const std::string reason =
      reconstructs ? reason_to_reconstruct(arguments) : reason_to_call(callable, arguments, value);
  use("REDUCE", name, reason, value);
  check_arguments("REDUCE", name, arguments);
  // Whether what is not known is a class or a function, the stream does not say.
  if (reason.empty() || reconstructs) add_made(value, reason.empty());
}

void Observer::make(bool has_keywords) {
  const NodeId keywords = has_keywords ? pop() : kNoNode;
  const NodeId arguments = pop();
  const NodeId type = pop();
  const char* opcode = has_keywords ? "NEWOBJ_EX" : "NEWOBJ";
  NodeId value = kNoNode;
  try {
    value = make_instance(arena_, type, arguments, keywords);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::limit_exceeded) throw;
    note(error.cause());
    value = stand_in(type, arguments);
  }
  push(value);
  const auto is_empty = [&](NodeId id) { return arena_.has_children(id) && arena_.children(id).empty(); };
  const bool plain = is_empty(arguments) && (keywords == kNoNode || is_empty(keywords));
  const std::string name = name_of(type);
  const std::string reason = reason_to_make(type, plain);
  use(opcode, name, reason, value);
  check_arguments(opcode, name, arguments);
  if (keywords != kNoNode) check_arguments(opcode, name, keywords);
  add_made(value, reason.empty());
}

void Observer::instantiate(const char* opcode, NodeId type, std::vector<NodeId> arguments) {
  const NodeId tuple = arena_.add_container(Kind::tuple, std::move(arguments));
  const NodeId value = stand_in(type, tuple);
  push(value);
  use(opcode, name_of(type), kCalled, value);
  check_arguments(opcode, name_of(type), tuple);
  add_made(value, false);
}

void Observer::give_state() {
  const NodeId state = peek(0);
  const NodeId target = peek(1);
  if (awaits_joblib_array(arena_, target)) {
    check_arguments("BUILD", name_of(target), state);
    if (joblib_) return give_joblib_array(target, state);
    if (holds_objects(state)) arena_.fail_corrupt("a nested pickle is read as joblib.load reads it alone");
  }
  std::string reason;
  if (arena_.is_instance(target)) {
    if (!is_known_instance(target)) {
      reason = kWritten;
    } else if (arena_.node(target).built) {
      // Python looks __setstate__ up in the instance too, where the first state may have put one.
      reason = "Python would give it a state twice";
    }
    check_attributes(target, state);
  } else if (arena_.is(target, Kind::name)) {
    reason = "Python would write into a class or module";
  } else if (!arena_.is(target, Kind::array) && !arena_.is(target, Kind::dtype)) {
    reason = "Python would give it attributes";
  }
  if (!reason.empty()) use("BUILD", name_of(target), reason, target);
  pop();
  try {
    pickle::build(arena_, target, state);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::limit_exceeded) throw;
    note(error.cause());
  }
}

void Observer::give_joblib_array(NodeId target, NodeId state) {
  if (holds_objects(state)) ++nested_;
  const NodeId alignment =
      arena_.is(state, Kind::dict) ? arena_.find(state, "numpy_array_alignment_bytes") : kNoNode;
  build();
  // Where padding is, its first byte, 1 to 16, is no opcode: pickle.load ends there.
  const bool padded = alignment != kNoNode && !arena_.is(alignment, Kind::none);
  if (arena_.is(target, Kind::array) && arena_.array(target).size > 0 && !padded) reads_two_ways_ = true;
}

bool Observer::holds_objects(NodeId state) const {
  const NodeId dtype = arena_.is(state, Kind::dict) ? arena_.find(state, "dtype") : kNoNode;
  return dtype != kNoNode && arena_.is(dtype, Kind::dtype) && arena_.dtype(dtype).code == 'O';
}

void Observer::give_items(Opcode opcode, const char* name, NodeId target) {
  std::string reason;
  if (arena_.is_instance(target)) {
    // Python looks append, extend and add up in the instance too, where a state may have put them.
    if (!is_known_instance(target) || arena_.node(target).built) reason = kWritten;
  } else if (arena_.is(target, Kind::name)) {
    reason = "Python would write into a class or module";
  }
  if (!reason.empty()) use(name, name_of(target), reason, target);
  try {
    Machine::execute(opcode);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::limit_exceeded) throw;
    note(error.cause());
  }
}

std::string Observer::reason_to_call(NodeId callable, NodeId arguments, NodeId value) const {
  if (arena_.is_instance(callable)) return "Python would call what an earlier opcode made";
  if (!arena_.is(callable, Kind::name)) return {};  // data: Python fails
  const Name& name = arena_.name(callable);
  if (!arena_.is(arguments, Kind::tuple)) return "Python would call it without a tuple of arguments";
  switch (name.meaning) {
    case Meaning::make_set:
    case Meaning::make_slice:
    case Meaning::make_bytes:
    case Meaning::make_complex:
    case Meaning::make_ordered_dict:
    case Meaning::make_default_dict:
    case Meaning::numpy_reconstruct:
    case Meaning::numpy_scalar:
    case Meaning::numpy_frombuffer:
    case Meaning::numpy_dtype:
    case Meaning::pandas_new_index:
      return {};
    case Meaning::codecs_encode:
      return arena_.is(value, Kind::bytes) ? std::string() : "Python would look up a codec by its name";
    case Meaning::numpy_ufunc:
      return arena_.is(value, Kind::name) && may_be_mentioned(value)
                 ? std::string()
                 : "Python would import what its arguments name";
    case Meaning::inert_object:
      break;
    default:
      return known_.constructors.count({name.module, name.name}) != 0 ? std::string() : kCalled;
  }
  // NumPy's constructor of random states calls its second argument with its first.
  for (const NodeId id : arena_.children(arguments)) {
    const bool global = arena_.is(id, Kind::name) || arena_.is_instance(id);
    if (global && starts_with(name.module, "numpy.random") &&
        !starts_with(arena_.name(id).module, "numpy.random")) {
      return fmt::format("Python would call {} through it", name_of(id));
    }
  }
  return {};
}

std::string Observer::reason_to_reconstruct(NodeId arguments) const {
  const std::span<const NodeId> args = arena_.children(arguments);
  const bool known = args.size() == 3 && is_known_value(args[0]) && is_known_value(args[1]);
  return known ? std::string() : kCalled;
}

std::string Observer::reason_to_make(NodeId type, bool plain) const {
  if (arena_.is_instance(type)) return "Python would call what an earlier opcode made";
  if (!arena_.is(type, Kind::name)) return {};  // data: Python fails
  const Name& name = arena_.name(type);
  if (name.meaning == Meaning::joblib_companion_file) return "Python would read another file";
  if (known_.constructors.count({name.module, name.name}) != 0) return {};
  const bool known = is_known_class(type) || name.meaning == Meaning::joblib_array;
  return known && plain ? std::string() : kCalled;
}

bool Observer::is_known_class(NodeId id) const {
  if (!arena_.is(id, Kind::name)) return false;
  const Name& name = arena_.name(id);
  return known_.classes.count({name.module, name.name}) != 0;
}

bool Observer::is_known_value(NodeId id) const {
  if (!arena_.is(id, Kind::name)) return false;
  const Name& name = arena_.name(id);
  if (name.meaning != Meaning::unknown && name.meaning != Meaning::joblib_companion_file) return true;
  return is_known_class(id) || known_.constructors.count({name.module, name.name}) != 0;
}

bool Observer::may_be_mentioned(NodeId id) const {
  if (is_known_value(id)) return true;
  const Name& name = arena_.name(id);
  return known_.modules.count(name.module) != 0 && name.name.find('.') == std::string_view::npos;
}

void Observer::check_arguments(const char* opcode, const std::string& callable, NodeId arguments) {
  std::vector<NodeId> open{arguments};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (checked_.size() <= id) checked_.resize(arena_.size(), false);
    if (checked_[id]) continue;
    checked_[id] = true;
    if (arena_.is(id, Kind::name)) {
      if (!is_known_value(id)) {
        use(opcode, name_of(id), fmt::format("Python would give it to {}", callable), id);
      }
    } else if (arena_.has_children(id) && !arena_.is_instance(id)) {
      const std::span<const NodeId> children = arena_.children(id);
      open.insert(open.end(), children.begin(), children.end());
    }
  }
}

void Observer::check_attributes(NodeId target, NodeId state) {
  if (!checked_states_.insert(state).second) return;
  arena_.charge(kEntryBytes);
  std::vector<NodeId> dicts;
  if (arena_.is(state, Kind::dict)) dicts.push_back(state);
  if (arena_.is(state, Kind::tuple)) {
    for (const NodeId part : arena_.children(state)) {
      if (arena_.is(part, Kind::dict) && checked_states_.insert(part).second) dicts.push_back(part);
    }
  }
  for (const NodeId dict : dicts) {
    const std::span<const NodeId> pairs = arena_.children(dict);
    for (size_t i = 0; i < pairs.size(); i += 2) {
      if (!arena_.is(pairs[i], Kind::string) || !is_dunder(arena_.text(pairs[i]))) continue;
      use("BUILD", name_of(target), "Python would replace a special method or attribute of it", target);
    }
  }
}

void Observer::push_global(std::string_view module, std::string_view name) {
  if (!is_utf8(module) || !is_utf8(name)) arena_.fail_corrupt("a global's name is not valid UTF-8");
  if (frame().protocol < 3) std::tie(module, name) = python3_global(module, name);
  const NodeId id = arena_.add_name(module, name);
  if (!may_be_mentioned(id)) use("GLOBAL", name_of(id), "Python would import it", id);
  push(id);
}

std::unordered_map<uint64_t, NodeId>& Observer::memo() {
  memos_.resize(frames_.size());
  return memos_.back();
}

void Observer::remember(uint64_t index) {
  const NodeId id = top();
  arena_.charge(64);
  memo()[index] = id;
  frame().remembered = memo().size();
}

void Observer::recall(uint64_t index) {
  const auto found = memo().find(index);
  if (found == memo().end()) arena_.fail_corrupt(fmt::format("memo index {} was never set", index));
  push(found->second);
}

bool Observer::has_values(size_t count) {
  const Frame& now = frame();
  return now.stack.size() - (now.marks.empty() ? 0 : now.marks.back()) >= count;
}

NodeId Observer::under_mark() {
  const Frame& now = frame();
  if (now.marks.empty()) return kNoNode;
  const size_t floor = now.marks.size() > 1 ? now.marks[now.marks.size() - 2] : 0;
  return now.marks.back() > floor ? now.stack[now.marks.back() - 1] : kNoNode;
}

NodeId Observer::stand_in(NodeId callable, NodeId arguments) {
  const bool global = arena_.is(callable, Kind::name) || arena_.is_instance(callable);
  const NodeId name = global ? callable : arena_.add_name("", describe(arena_.kind(callable)));
  return arena_.add_instance(Kind::unsupported, arena_.node(name).extent, arguments);
}

std::string Observer::name_of(NodeId id) const {
  if (!arena_.is(id, Kind::name) && !arena_.is_instance(id)) return describe(arena_.kind(id));
  const Name& name = arena_.name(id);
  return name.module.empty() ? std::string(name.name) : fmt::format("{}.{}", name.module, name.name);
}

void Observer::note(std::string text) {
  constexpr size_t kMostNotes = 20;
  if (notes_.size() >= kMostNotes) return;
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(std::move(text));
}

void Observer::use(const char* opcode, std::string name, std::string reason, NodeId value) {
  const auto [at, added] = use_indices_.emplace(std::tuple(opcode, name, reason), uses_.size());
  if (added) {
    arena_.charge(kEntryBytes + 4 * (name.size() + reason.size()));
    uses_.push_back({std::move(name), opcode, std::move(reason), 0, at_, value});
  }
  ++uses_[at->second].count;
}

void Observer::add_made(NodeId value, bool known) {
  if (!arena_.is_instance(value)) return;
  arena_.charge(64);
  made_.push_back({value, at_});
  if (known) known_instances_.insert(value);
}

}  // namespace evenscore::pickle
