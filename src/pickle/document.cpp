#include "pickle/document.h"

#include <fmt/format.h>

#include "evenscore/error.h"
#include "pickle/arena.h"
#include "pickle/text.h"

namespace evenscore::pickle {
namespace {

[[noreturn]] void fail_kind(const char* expected, Kind found) {
  throw Error(ErrorCode::corrupt_file, fmt::format("expected {}, found {}", expected, describe(found)));
}

const Node& expect(const Arena& arena, NodeId id, Kind kind) {
  const Node& node = arena.node(id);
  if (node.kind != kind) fail_kind(describe(kind), node.kind);
  return node;
}

}  // namespace

const char* describe(Kind kind) {
  switch (kind) {
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "a bool";
    case Kind::integer:
      return "an integer";
    case Kind::big_integer:
      return "an integer beyond 64 bits";
    case Kind::real:
      return "a float";
    case Kind::string:
      return "a string";
    case Kind::bytes:
      return "a byte string";
    case Kind::list:
      return "a list";
    case Kind::tuple:
      return "a tuple";
    case Kind::dict:
      return "a dict";
    case Kind::set:
      return "a set";
    case Kind::slice:
      return "a slice";
    case Kind::name:
      return "a global name";
    case Kind::object:
      return "an object";
    case Kind::array:
      return "an array";
    case Kind::dtype:
      return "a dtype";
    case Kind::inert:
      return "a value that is not interpreted";
    case Kind::unsupported:
      break;
  }
  return "an unsupported object";
}

Document::Document(std::unique_ptr<const Arena> arena, NodeId root) : arena_(std::move(arena)), root_(root) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;

Kind Document::kind(NodeId id) const {
  return arena_->kind(id);
}

bool Document::boolean(NodeId id) const {
  return expect(*arena_, id, Kind::boolean).integer != 0;
}

int64_t Document::integer(NodeId id) const {
  return expect(*arena_, id, Kind::integer).integer;
}

double Document::real(NodeId id) const {
  return expect(*arena_, id, Kind::real).real;
}

std::string_view Document::string(NodeId id) const {
  const Kind found = kind(id);
  if (found != Kind::string && found != Kind::big_integer) fail_kind("a string", found);
  return arena_->text(id);
}

std::span<const std::byte> Document::bytes(NodeId id) const {
  expect(*arena_, id, Kind::bytes);
  return std::as_bytes(std::span(arena_->text(id)));
}

std::span<const NodeId> Document::items(NodeId id) const {
  if (!arena_->has_children(id) || arena_->is_instance(id)) fail_kind("a container", kind(id));
  return arena_->children(id);
}

std::optional<NodeId> Document::find(NodeId dict, std::string_view key) const {
  expect(*arena_, dict, Kind::dict);
  const NodeId found = arena_->find(dict, key);
  if (found == kNoNode) return std::nullopt;
  return found;
}

std::string_view Document::module(NodeId id) const {
  if (kind(id) != Kind::name && !arena_->is_instance(id)) fail_kind("a name or an object", kind(id));
  return arena_->name(id).module;
}

std::string_view Document::name(NodeId id) const {
  if (kind(id) != Kind::name && !arena_->is_instance(id)) fail_kind("a name or an object", kind(id));
  return arena_->name(id).name;
}

std::span<const NodeId> Document::state(NodeId object) const {
  expect(*arena_, object, Kind::object);
  const NodeId dict = arena_->state(object);
  if (dict == kNoNode) return {};
  return arena_->children(dict);
}

std::optional<NodeId> Document::attribute(NodeId object, std::string_view key) const {
  expect(*arena_, object, Kind::object);
  const NodeId dict = arena_->state(object);
  if (dict == kNoNode) return std::nullopt;
  return find(dict, key);
}

const Array& Document::array(NodeId id) const {
  expect(*arena_, id, Kind::array);
  return arena_->array(id);
}

const DType& Document::dtype(NodeId id) const {
  expect(*arena_, id, Kind::dtype);
  return arena_->dtype(id);
}

std::string Document::element_text(NodeId id, uint64_t index) const {
  const Array& values = array(id);
  if (index >= values.size) throw Error(ErrorCode::corrupt_file, "an array has too few elements");
  if (values.code == 'O') return std::string(string(values.objects[index]));
  if (values.code != 'U' && values.code != 'S') {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("expected strings, found an array of dtype {}{}", values.code, values.item_size));
  }
  const std::span<const std::byte> element =
      values.data.subspan(static_cast<size_t>(index * values.item_size), values.item_size);
  if (values.code == 'S') {
    const std::string_view text(reinterpret_cast<const char*>(element.data()), element.size());
    return latin1_to_utf8(text.substr(0, text.find_last_not_of('\0') + 1));
  }
  std::optional<std::string> text = utf32_to_utf8(element);
  if (!text) throw Error(ErrorCode::corrupt_file, "an array holds a string with an invalid code point");
  return *text;
}

}  // namespace evenscore::pickle
