#include "pickle/duplicate_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <tuple>
#include <vector>

namespace evenscore::pickle {
namespace {

constexpr uint32_t kUnranked = std::numeric_limits<uint32_t>::max();

/// Keys of one family are equal when their values are; keys of two families never are.
enum class Family : uint8_t { none, integer, real, text, bytes, big_integer, name, identity };

/// A key's value, ordered so that equal keys become neighbours.
struct Key {
  NodeId id = kNoNode;
  Family family = Family::identity;
  int64_t integer = 0;
  double real = 0;
  std::string_view text;

  auto value() const { return std::tie(family, integer, real, text); }
};

bool is_unhashable(Kind kind) {
  return kind == Kind::list || kind == Kind::dict || kind == Kind::set || kind == Kind::array;
}

Key real_key(NodeId id, double value) {
  Key key;
  key.id = id;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(value)) {
    key.integer = id;  // a NaN equals only itself
  } else if (value == std::floor(value) && value >= -kTwoTo63 && value < kTwoTo63) {
    key.family = Family::integer;
    key.integer = static_cast<int64_t>(value);
  } else {
    key.family = Family::real;
    key.real = value;
  }
  return key;
}

Key key_of(const Arena& arena, NodeId id) {
  const Node& node = arena.node(id);
  Key key;
  key.id = id;
  switch (node.kind) {
    case Kind::none:
      key.family = Family::none;
      return key;
    case Kind::boolean:
    case Kind::integer:
      key.family = Family::integer;
      key.integer = node.integer;
      return key;
    case Kind::real:
      return real_key(id, node.real);
    case Kind::string:
    case Kind::bytes:
    case Kind::big_integer:
      key.family = node.kind == Kind::string  ? Family::text
                   : node.kind == Kind::bytes ? Family::bytes
                                              : Family::big_integer;
      key.text = arena.text(id);
      return key;
    case Kind::name:
      key.family = Family::name;
      key.integer = node.extent;
      return key;
    default:
      key.integer = id;
      return key;
  }
}

/// One number for each key node; equal keys share theirs. Sorting all keys of the document once, rather than
/// each dict's, keeps a long string that many dicts share from being compared again in each.
class KeyRanks {
 public:
  explicit KeyRanks(Arena& arena) : arena_(arena), ranks_(arena.size(), kUnranked) {}

  void add(NodeId id) {
    if (is_unhashable(arena_.kind(id))) {
      arena_.fail_corrupt(
          fmt::format("{} is the key of a dict or an element of a set", describe(arena_.kind(id))));
    }
    if (ranks_[id] != kUnranked) return;
    ranks_[id] = 0;
    arena_.charge(sizeof(Key));
    keys_.push_back(key_of(arena_, id));
  }

  void rank() {
    std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.value() < b.value(); });
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (i > 0 && keys_[i].value() != keys_[i - 1].value()) ++count_;
      ranks_[keys_[i].id] = count_;
    }
    keys_.clear();
  }

  uint32_t operator[](NodeId id) const { return ranks_[id]; }
  size_t count() const { return size_t{count_} + 1; }

 private:
  Arena& arena_;
  std::vector<uint32_t> ranks_;
  std::deque<Key> keys_;
  uint32_t count_ = 0;
};

bool has_keys(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::dict) || arena.is(id, Kind::set);
}

size_t stride_of(const Arena& arena, NodeId id) {
  return arena.is(id, Kind::dict) ? 2 : 1;
}

}  // namespace

void resolve_duplicate_keys(Arena& arena) {
  KeyRanks ranks(arena);
  for (NodeId id = 0; id < arena.size(); ++id) {
    if (!has_keys(arena, id)) continue;
    const std::span<const NodeId> children = arena.children(id);
    for (size_t i = 0; i < children.size(); i += stride_of(arena, id)) ranks.add(children[i]);
  }
  ranks.rank();

  // Where a key of this rank stands, in the container that had it last.
  struct Seen {
    NodeId container = kNoNode;
    size_t position = 0;
  };
  arena.charge(ranks.count() * sizeof(Seen));
  std::vector<Seen> seen(ranks.count());
  for (NodeId id = 0; id < arena.size(); ++id) {
    if (!has_keys(arena, id)) continue;
    const size_t stride = stride_of(arena, id);
    std::vector<NodeId>& children = arena.mutable_children(id);
    size_t kept = 0;
    for (size_t i = 0; i < children.size(); i += stride) {
      Seen& one = seen[ranks[children[i]]];
      if (one.container == id) {
        if (stride == 2) children[one.position + 1] = children[i + 1];
        continue;
      }
      one = {id, kept};
      for (size_t k = 0; k < stride; ++k) children[kept++] = children[i + k];
    }
    children.resize(kept);
  }
}

}  // namespace evenscore::pickle
