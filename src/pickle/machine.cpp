#include "pickle/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <tuple>
#include <utility>

#include "pickle/depth.h"
#include "pickle/duplicate_keys.h"
#include "pickle/joblib_array.h"
#include "pickle/parse.h"
#include "pickle/reduce.h"
#include "pickle/text.h"

namespace evenscore::pickle {
namespace {

constexpr int kNewestProtocol = 5;

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Digits without leading zeros, so that equal integers have equal texts.
std::string canonical_digits(std::string_view digits, bool negative) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
  std::string text;
  if (negative) text.push_back('-');
  text.append(digits);
  return text;
}

}  // namespace

NodeId Machine::run() {
  start_frame();
  uint64_t executed = 0;
  while (true) {
    arena_.set_offset(cursor_.offset());
    if (++executed > arena_.limits().opcodes) {
      arena_.fail(ErrorCode::limit_exceeded,
                  fmt::format("it has more than {} opcodes", arena_.limits().opcodes));
    }
    const auto opcode = static_cast<Opcode>(cursor_.take_u8());
    if (opcode != Opcode::stop) {
      execute(opcode);
    } else if (stop()) {
      break;
    }
  }
  if (cursor_.remaining() != 0) {
    arena_.fail_corrupt(fmt::format("{} bytes follow the end of the pickle", cursor_.remaining()));
  }
  return frame().stack.back();
}

void Machine::start_frame() {
  frames_.emplace_back();
  arena_.set_offset(cursor_.offset());
  if (cursor_.remaining() == 0) arena_.fail_corrupt("the pickle has no bytes");
  const size_t at = static_cast<size_t>(cursor_.offset());
  if (arena_.stream()[at] != static_cast<std::byte>(Opcode::proto)) return;
  cursor_.take_u8();
  const int protocol = cursor_.take_u8();
  if (protocol > kNewestProtocol) {
    arena_.fail(ErrorCode::unsupported, fmt::format("its protocol is {}, and {} is the newest that is read",
                                                    protocol, kNewestProtocol));
  }
  frame().protocol = protocol;
}

bool Machine::stop() {
  Frame& ended = frame();
  if (ended.stack.size() != 1 || !ended.marks.empty()) {
    arena_.fail_corrupt("the pickle ends with values left over or none at all");
  }
  if (frames_.size() == 1) return true;
  const NodeId value = ended.stack.back();
  if (!arena_.is(value, Kind::array) || !arena_.node(value).built || arena_.array(value).code != 'O' ||
      arena_.array(value).shape != ended.expected.shape) {
    arena_.fail_corrupt("the pickle nested in a joblib array is not the array that was announced");
  }
  arena_.become(ended.wrapper, arena_.node(value));
  frames_.pop_back();
  return false;
}

void Machine::execute(Opcode opcode) {
  const Refusal refused = refusal(opcode);
  if (refused.name != nullptr) {
    arena_.fail(ErrorCode::unsupported, fmt::format("opcode {} is refused: {}", refused.name, refused.reason),
                "do not load this file unless you know where it comes from");
  }
  if (!execute_constant(opcode) && !execute_text(opcode) && !execute_container(opcode) &&
      !execute_memo(opcode)) {
    execute_instance(opcode);
  }
}

bool Machine::execute_constant(Opcode opcode) {
  switch (opcode) {
    case Opcode::none:
      push(arena_.add(Kind::none));
      return true;
    case Opcode::newtrue:
      push(arena_.add_boolean(true));
      return true;
    case Opcode::newfalse:
      push(arena_.add_boolean(false));
      return true;
    case Opcode::binint:
      push(arena_.add_integer(cursor_.take_i32()));
      return true;
    case Opcode::binint1:
      push(arena_.add_integer(cursor_.take_u8()));
      return true;
    case Opcode::binint2:
      push(arena_.add_integer(static_cast<int64_t>(cursor_.take_unsigned(2))));
      return true;
    case Opcode::long1:
      push_binary_integer(cursor_.take_u8());
      return true;
    case Opcode::long4:
      push_binary_integer(cursor_.take_i32());
      return true;
    case Opcode::int_text:
      push_int_text(cursor_.take_line(arena_.limits().integer_digits + 1));
      return true;
    case Opcode::long_text:
      push_long_text();
      return true;
    case Opcode::binfloat:
      push(arena_.add_real(cursor_.take_big_endian_double()));
      return true;
    case Opcode::real_text:
      push_real_text();
      return true;
    default:
      return false;
  }
}

bool Machine::execute_text(Opcode opcode) {
  switch (opcode) {
    case Opcode::short_binunicode:
      push_string(cursor_.take_u8());
      return true;
    case Opcode::binunicode:
      push_string(cursor_.take_unsigned(4));
      return true;
    case Opcode::binunicode8:
      push_string(cursor_.take_unsigned(8));
      return true;
    case Opcode::unicode: {
      const std::string_view line = cursor_.take_line(static_cast<size_t>(arena_.limits().string_bytes));
      std::optional<std::string> text = raw_unicode_escape_to_utf8(line);
      if (!text) arena_.fail_corrupt("a string has an invalid escape");
      push(arena_.add_text(Kind::string, arena_.own(std::move(*text))));
      return true;
    }
    case Opcode::string: {
      const std::string_view line = cursor_.take_line(static_cast<size_t>(arena_.limits().string_bytes));
      const std::optional<std::string> bytes = python2_repr_to_bytes(line);
      if (!bytes) arena_.fail_corrupt("a string is not written as Python 2 writes it");
      push(arena_.add_text(Kind::string, arena_.own(latin1_to_utf8(*bytes))));
      return true;
    }
    case Opcode::short_binstring:
      push_latin1(cursor_.take_u8());
      return true;
    case Opcode::binstring:
      push_latin1(cursor_.take_i32());
      return true;
    case Opcode::short_binbytes:
      push_bytes(cursor_.take_u8());
      return true;
    case Opcode::binbytes:
      push_bytes(cursor_.take_unsigned(4));
      return true;
    case Opcode::binbytes8:
    case Opcode::bytearray8:
      push_bytes(cursor_.take_unsigned(8));
      return true;
    default:
      return false;
  }
}

bool Machine::execute_container(Opcode opcode) {
  switch (opcode) {
    case Opcode::mark:
      push_mark();
      return true;
    case Opcode::empty_list:
      push(arena_.add_container(Kind::list, {}));
      return true;
    case Opcode::empty_tuple:
      push(arena_.add_container(Kind::tuple, {}));
      return true;
    case Opcode::empty_dict:
      push(arena_.add_container(Kind::dict, {}));
      return true;
    case Opcode::empty_set:
      push(arena_.add_container(Kind::set, {}));
      return true;
    case Opcode::list:
      push(arena_.add_container(Kind::list, pop_to_mark()));
      return true;
    case Opcode::tuple:
      push(arena_.add_container(Kind::tuple, pop_to_mark()));
      return true;
    case Opcode::frozenset:
      push(arena_.add_container(Kind::set, pop_to_mark()));
      return true;
    case Opcode::dict: {
      std::vector<NodeId> pairs = pop_to_mark();
      if (pairs.size() % 2 != 0) arena_.fail_corrupt("a dict has a key without a value");
      push(arena_.add_container(Kind::dict, std::move(pairs)));
      return true;
    }
    case Opcode::tuple1:
      push_tuple(1);
      return true;
    case Opcode::tuple2:
      push_tuple(2);
      return true;
    case Opcode::tuple3:
      push_tuple(3);
      return true;
    case Opcode::append:
      append_items(Kind::list, {pop()});
      return true;
    case Opcode::appends:
      append_items(Kind::list, pop_to_mark());
      return true;
    case Opcode::setitem: {
      const NodeId value = pop();
      const NodeId key = pop();
      append_items(Kind::dict, {key, value});
      return true;
    }
    case Opcode::setitems:
      append_items(Kind::dict, pop_to_mark());
      return true;
    case Opcode::additems:
      append_items(Kind::set, pop_to_mark());
      return true;
    default:
      return false;
  }
}

bool Machine::execute_memo(Opcode opcode) {
  switch (opcode) {
    case Opcode::put:
      remember(text_index());
      return true;
    case Opcode::binput:
      remember(cursor_.take_u8());
      return true;
    case Opcode::long_binput:
      remember(cursor_.take_unsigned(4));
      return true;
    case Opcode::memoize:
      remember(frame().remembered);
      return true;
    case Opcode::get:
      recall(text_index());
      return true;
    case Opcode::binget:
      recall(cursor_.take_u8());
      return true;
    case Opcode::long_binget:
      recall(cursor_.take_unsigned(4));
      return true;
    default:
      return false;
  }
}

void Machine::execute_instance(Opcode opcode) {
  switch (opcode) {
    case Opcode::global: {
      const std::string_view module = cursor_.take_line(arena_.limits().name_bytes);
      push_global(module, cursor_.take_line(arena_.limits().name_bytes));
      return;
    }
    case Opcode::stack_global:
      return push_stack_global();
    case Opcode::reduce: {
      const NodeId arguments = pop();
      const NodeId callable = pop();
      return push(reduce(arena_, callable, arguments));
    }
    case Opcode::newobj: {
      const NodeId arguments = pop();
      const NodeId type = pop();
      return push(make_instance(arena_, type, arguments, kNoNode));
    }
    case Opcode::newobj_ex: {
      const NodeId keywords = pop();
      const NodeId arguments = pop();
      const NodeId type = pop();
      return push(make_instance(arena_, type, arguments, keywords));
    }
    case Opcode::build:
      return build();
    case Opcode::frame: {
      const uint64_t length = cursor_.take_unsigned(8);
      if (length > cursor_.remaining()) {
        arena_.fail(ErrorCode::corrupt_file, "a frame is longer than the file",
                    "the file is truncated or damaged: copy it again");
      }
      return;
    }
    case Opcode::proto:
      arena_.fail_corrupt("PROTO stands elsewhere than at the start");
    default:
      arena_.fail_corrupt(fmt::format("0x{:02x} is no pickle opcode", static_cast<unsigned>(opcode)));
  }
}

void Machine::make_room(std::vector<NodeId>& ids) {
  constexpr size_t kFirst = 64;
  if (ids.size() < ids.capacity()) return;
  const size_t grown = std::max(kFirst, 2 * ids.capacity());
  arena_.charge((grown - ids.capacity()) * sizeof(NodeId));
  ids.reserve(grown);
}

void Machine::push(NodeId id) {
  make_room(frame().stack);
  frame().stack.push_back(id);
}

NodeId Machine::pop() {
  const NodeId id = top();
  frame().stack.pop_back();
  return id;
}

NodeId Machine::top() {
  const Frame& now = frame();
  const size_t floor = now.marks.empty() ? 0 : now.marks.back();
  if (now.stack.size() <= floor) arena_.fail_corrupt("an opcode needs a value that is not there");
  return now.stack.back();
}

void Machine::push_mark() {
  if (frame().marks.size() >= arena_.limits().marks) {
    arena_.fail(ErrorCode::limit_exceeded, fmt::format("more than {} marks are open", arena_.limits().marks));
  }
  frame().marks.push_back(frame().stack.size());
}

std::vector<NodeId> Machine::pop_to_mark() {
  Frame& now = frame();
  if (now.marks.empty()) arena_.fail_corrupt("an opcode needs a mark that is not there");
  const auto first = now.stack.begin() + static_cast<std::ptrdiff_t>(now.marks.back());
  std::vector<NodeId> items(first, now.stack.end());
  now.stack.erase(first, now.stack.end());
  now.marks.pop_back();
  return items;
}

void Machine::push_tuple(size_t size) {
  std::vector<NodeId> items(size);
  for (size_t i = size; i-- > 0;) items[i] = pop();
  push(arena_.add_container(Kind::tuple, std::move(items)));
}

void Machine::append_items(Kind kind, const std::vector<NodeId>& items) {
  if (kind == Kind::dict && items.size() % 2 != 0) arena_.fail_corrupt("a dict has a key without a value");
  const NodeId target = top();
  const bool opaque = arena_.is(target, Kind::inert) || arena_.is(target, Kind::unsupported);
  if (!arena_.is(target, kind) && !opaque) {
    arena_.fail_corrupt(
        fmt::format("items of {} are added to {}", describe(kind), describe(arena_.kind(target))));
  }
  arena_.append(target, items);
}

void Machine::remember(uint64_t index) {
  std::vector<NodeId>& memo = frame().memo;
  // Picklers count up from 0, Python 2's from 1; a far index would only ask for memory.
  if (index > memo.size() + 1) arena_.fail_corrupt(fmt::format("memo index {} is out of order", index));
  const NodeId id = top();
  while (memo.size() <= index) {
    make_room(memo);
    memo.push_back(kNoNode);
  }
  NodeId& entry = memo[static_cast<size_t>(index)];
  if (entry == kNoNode) ++frame().remembered;
  entry = id;
}

void Machine::recall(uint64_t index) {
  const std::vector<NodeId>& memo = frame().memo;
  if (index >= memo.size() || memo[static_cast<size_t>(index)] == kNoNode) {
    arena_.fail_corrupt(fmt::format("memo index {} was never set", index));
  }
  push(memo[static_cast<size_t>(index)]);
}

uint64_t Machine::text_index() {
  const std::string_view text = cursor_.take_line(arena_.limits().integer_digits);
  uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (!all_digits(text) || error != std::errc() || end != text.data() + text.size()) {
    arena_.fail_corrupt("a memo index is no number");
  }
  return index;
}

void Machine::push_int_text(std::string_view text) {
  if (text == "00" || text == "01") return push(arena_.add_boolean(text == "01"));
  push_decimal(text);
}

void Machine::push_long_text() {
  std::string_view text = cursor_.take_line(arena_.limits().integer_digits + 2);
  if (!text.empty() && text.back() == 'L') text.remove_suffix(1);
  push_decimal(text);
}

void Machine::push_decimal(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = negative ? text.substr(1) : text;
  if (!all_digits(digits)) arena_.fail_corrupt("an integer is not written in digits");
  if (digits.size() > arena_.limits().integer_digits) {
    arena_.fail(ErrorCode::limit_exceeded,
                fmt::format("an integer has more than {} digits", arena_.limits().integer_digits));
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return push(arena_.add_integer(value));
  push(arena_.add_big_integer(canonical_digits(digits, negative)));
}

void Machine::push_binary_integer(int64_t length) {
  if (length < 0 || static_cast<uint64_t>(length) > arena_.limits().integer_digits) {
    arena_.fail(ErrorCode::limit_exceeded, fmt::format("an integer has {} bytes", length));
  }
  std::span<const std::byte> bytes = cursor_.take(static_cast<uint64_t>(length));
  const bool negative = !bytes.empty() && (bytes.back() & std::byte{0x80}) != std::byte{0};
  const std::byte fill = negative ? std::byte{0xFF} : std::byte{0};
  while (bytes.size() > 8 && bytes.back() == fill &&
         ((bytes[bytes.size() - 2] ^ fill) & std::byte{0x80}) == std::byte{0}) {
    bytes = bytes.first(bytes.size() - 1);
  }
  if (bytes.size() > 8) return push(arena_.add_big_integer(twos_complement_to_decimal(bytes)));
  uint64_t value = negative ? ~uint64_t{0} : 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  push(arena_.add_integer(static_cast<int64_t>(value)));
}

void Machine::push_real_text() {
  constexpr size_t kLongestReal = 64;
  const std::string_view text = cursor_.take_line(kLongestReal);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) arena_.fail_corrupt("a float is no number");
  push(arena_.add_real(value));
}

void Machine::push_string(uint64_t length) {
  if (length > arena_.limits().string_bytes && length <= cursor_.remaining()) {
    arena_.fail(ErrorCode::limit_exceeded, fmt::format("a string has {} bytes", length));
  }
  const std::string_view text = cursor_.take_text(length);
  if (!is_utf8(text)) arena_.fail_corrupt("a string is not valid UTF-8");
  push(arena_.add_text(Kind::string, text));
}

void Machine::push_latin1(int64_t length) {
  if (length < 0) arena_.fail_corrupt("a string has a negative length");
  const std::string_view text = cursor_.take_text(static_cast<uint64_t>(length));
  push(arena_.add_text(Kind::string, is_ascii(text) ? text : arena_.own(latin1_to_utf8(text))));
}

void Machine::push_bytes(uint64_t length) {
  push(arena_.add_text(Kind::bytes, cursor_.take_text(length)));
}

void Machine::push_global(std::string_view module, std::string_view name) {
  if (!is_utf8(module) || !is_utf8(name)) arena_.fail_corrupt("a global's name is not valid UTF-8");
  if (frame().protocol < 3) std::tie(module, name) = python3_global(module, name);
  const NodeId id = arena_.add_name(module, name);
  if (arena_.name(id).meaning == Meaning::joblib_companion_file) {
    arena_.fail(ErrorCode::unsupported,
                "a multi-file dump of joblib older than 0.10 keeps its arrays in other files",
                "re-save it with joblib 0.10 or later");
  }
  push(id);
}

void Machine::push_stack_global() {
  const NodeId name = pop();
  const NodeId module = pop();
  if (!arena_.is(name, Kind::string) || !arena_.is(module, Kind::string)) {
    arena_.fail_corrupt("a global is not named by strings");
  }
  if (arena_.text(name).size() > arena_.limits().name_bytes ||
      arena_.text(module).size() > arena_.limits().name_bytes) {
    arena_.fail(ErrorCode::limit_exceeded,
                fmt::format("a global's name is longer than {} bytes", arena_.limits().name_bytes));
  }
  push_global(arena_.text(module), arena_.text(name));
}

void Machine::build() {
  const NodeId state = pop();
  const NodeId target = top();
  if (!awaits_joblib_array(arena_, target)) return pickle::build(arena_, target, state);
  if (frames_.size() > arena_.limits().nested_streams) {
    arena_.fail(ErrorCode::limit_exceeded, "a joblib array stands inside the pickle of another");
  }
  std::optional<ArrayLayout> nested = read_joblib_array(arena_, cursor_, target, state);
  if (!nested) return;
  start_frame();
  frame().wrapper = target;
  frame().expected = std::move(*nested);
}

Document parse(Stream stream, std::span<const AllowedClass> allowed, const Limits& limits) {
  auto arena = std::make_unique<Arena>(std::move(stream), allowed, limits);
  const NodeId root = Machine(*arena).run();
  for (NodeId id = 0; id < arena->size(); ++id) {
    if (arena->is(id, Kind::array) && !arena->node(id).built)
      arena->fail_corrupt("an array was never given its content");
  }
  resolve_duplicate_keys(*arena);
  check_depth(*arena, root);
  return Document(std::move(arena), root);
}

Document parse(std::span<const std::byte> stream, std::span<const AllowedClass> allowed,
               const Limits& limits) {
  return parse(Stream{{stream.begin(), stream.end()}, stream.size()}, allowed, limits);
}

}  // namespace evenscore::pickle
