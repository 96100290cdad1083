#include "pickle/arena.h"

#include <fmt/format.h>

#include <algorithm>

namespace evenscore::pickle {
namespace {

/// Beside the node itself, what ranking keys and measuring depth keep for each.
constexpr uint64_t kNodeBytes = sizeof(Node) + 8;
/// The list, the heap's own bytes for it, and what a walk over the document keeps for each container.
constexpr uint64_t kListBytes = sizeof(std::vector<NodeId>) + 16 + 48;
/// A vector that grows has room for twice what is in it.
constexpr uint64_t kChildBytes = 2 * sizeof(NodeId);

uint64_t saturated(uint64_t bytes, uint64_t factor) {
  uint64_t product = 0;
  return __builtin_mul_overflow(bytes, factor, &product) ? std::numeric_limits<uint64_t>::max() / 2 : product;
}

uint64_t memory_budget(uint64_t stream_bytes, uint64_t file_bytes, const Limits& limits) {
  return limits.memory_floor + std::min(saturated(stream_bytes, limits.memory_per_byte),
                                        saturated(file_bytes, limits.memory_per_file_byte));
}

}  // namespace

Arena::Arena(Stream stream, std::span<const AllowedClass> allowed, const Limits& limits)
    : stream_(std::move(stream.bytes)),
      limits_(limits),
      budget_(memory_budget(stream_.size(), stream.file_bytes, limits)),
      globals_(allowed) {}

void Arena::fail(ErrorCode code, std::string cause, std::string remedy) const {
  throw Error(code, std::move(cause), fmt::format("byte {} of the pickle", offset_), std::move(remedy));
}

void Arena::charge(uint64_t bytes) {
  if (bytes > budget_) {
    fail(ErrorCode::limit_exceeded, "its values take far more memory than the file has bytes",
         "if it is compressed and you trust it, decompress it yourself and give what comes out");
  }
  budget_ -= bytes;
}

NodeId Arena::push(Node node) {
  charge(kNodeBytes);
  if (nodes_.size() >= kNoNode) fail(ErrorCode::limit_exceeded, "it has too many values");
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId Arena::add(Kind kind) {
  Node node;
  node.kind = kind;
  return push(node);
}

NodeId Arena::add_boolean(bool value) {
  Node node;
  node.kind = Kind::boolean;
  node.integer = value ? 1 : 0;
  return push(node);
}

NodeId Arena::add_integer(int64_t value) {
  Node node;
  node.kind = Kind::integer;
  node.integer = value;
  return push(node);
}

NodeId Arena::add_big_integer(std::string digits) {
  return add_text(Kind::big_integer, own(std::move(digits)));
}

NodeId Arena::add_real(double value) {
  Node node;
  node.kind = Kind::real;
  node.real = value;
  return push(node);
}

NodeId Arena::add_text(Kind kind, std::string_view text) {
  if (text.size() > std::numeric_limits<uint32_t>::max()) {
    fail(ErrorCode::limit_exceeded, "a byte string is longer than 4 GiB");
  }
  Node node;
  node.kind = kind;
  node.extent = static_cast<uint32_t>(text.size());
  node.text = text.data();
  return push(node);
}

NodeId Arena::add_container(Kind kind, std::vector<NodeId> children) {
  charge(kListBytes + children.size() * kChildBytes);
  Node node;
  node.kind = kind;
  node.index = lists_.size();
  lists_.push_back(std::move(children));
  return push(node);
}

NodeId Arena::add_name(std::string_view module, std::string_view name) {
  const auto [at, added] =
      name_indices_.emplace(std::pair(module, name), static_cast<uint32_t>(names_.size()));
  if (added) {
    charge(sizeof(Name) + 96);  // the entry and its node of the map
    names_.push_back({module, name, globals_.find(module, name)});
  }
  Node node;
  node.kind = Kind::name;
  node.extent = at->second;
  return push(node);
}

NodeId Arena::add_instance(Kind kind, uint32_t name_index, NodeId arguments) {
  const NodeId id = add_container(kind, {arguments, kNoNode});
  nodes_[id].extent = name_index;
  return id;
}

NodeId Arena::add_dtype(const DType& dtype) {
  charge(sizeof(DType));
  Node node;
  node.kind = Kind::dtype;
  node.index = dtypes_.size();
  dtypes_.push_back(dtype);
  return push(node);
}

std::string_view Arena::own(std::string text) {
  charge(sizeof(std::string) + text.size());
  return texts_.emplace_back(std::move(text));
}

std::span<const std::byte> Arena::own(std::vector<std::byte> bytes) {
  charge(sizeof(std::vector<std::byte>) + bytes.size());
  return buffers_.emplace_back(std::move(bytes));
}

void Arena::append(NodeId container, std::span<const NodeId> children) {
  charge(children.size() * kChildBytes);
  std::vector<NodeId>& list = mutable_children(container);
  list.insert(list.end(), children.begin(), children.end());
}

void Arena::become_array(NodeId id, Array array) {
  charge(sizeof(Array) + array.shape.size() * sizeof(uint64_t) + array.objects.size() * sizeof(NodeId));
  Node node;
  node.kind = Kind::array;
  node.built = true;
  node.index = arrays_.size();
  arrays_.push_back(std::move(array));
  nodes_[id] = node;
}

void Arena::set_state(NodeId instance, NodeId state) {
  mutable_children(instance)[1] = state;
  nodes_[instance].built = true;
}

bool Arena::is_instance(NodeId id) const {
  const Kind what = kind(id);
  return what == Kind::object || what == Kind::inert || what == Kind::unsupported;
}

bool Arena::has_children(NodeId id) const {
  switch (kind(id)) {
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::set:
    case Kind::slice:
      return true;
    default:
      return is_instance(id);
  }
}

NodeId Arena::find(NodeId dict, std::string_view key) const {
  const std::span<const NodeId> pairs = children(dict);
  for (size_t i = pairs.size(); i >= 2; i -= 2) {
    if (is(pairs[i - 2], Kind::string) && text(pairs[i - 2]) == key) return pairs[i - 1];
  }
  return kNoNode;
}

}  // namespace evenscore::pickle
