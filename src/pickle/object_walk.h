#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pickle/arena.h"

namespace evenscore::pickle {

/// Goes down the object tree from a root in its order, to each value once: shared ones at their first place.
/// Uses no recursion.
class ObjectWalk {
 public:
  explicit ObjectWalk(const Arena& arena) : arena_(arena), seen_(arena.size(), false) {}

  /// Calls `visit` for the root and every instance, name, array and container below it; stops when it returns
  /// false. May be called for several roots.
  void run(NodeId root, const std::function<bool(NodeId)>& visit);

  /// Where the value being visited stands: `steps[1][1].tokenizer`, or "(root)".
  std::string path() const { return path_to(visit_.link); }
  /// `_sklearn_version` of the value being visited, or of the nearest object around it that has one; kNoNode
  /// when none has.
  NodeId version() const { return version_; }
  /// `_sklearn_version` in an instance's state, or kNoNode.
  NodeId own_version(NodeId instance);

  bool seen(NodeId id) const { return seen_[id]; }

 private:
  enum class Step : uint8_t { root, index, attribute, key, arguments, state };

  /// How the walk came to a value. `at` is an index, or the node of a key.
  struct Link {
    size_t parent;
    uint64_t at;
    NodeId version;
    Step step;
  };

  struct Visit {
    NodeId id;
    size_t link;
  };

  void enter(NodeId id, size_t parent, uint64_t at, Step step);
  void enter_children();
  void enter_instance();
  void enter_pairs(std::span<const NodeId> pairs, Step step);
  void enter_items(std::span<const NodeId> items);
  std::string path_to(size_t link) const;
  std::string describe_step(const Link& link) const;
  std::string describe_key(NodeId key, const char* quote) const;

  const Arena& arena_;
  std::vector<bool> seen_;
  std::vector<Link> links_;
  std::vector<Visit> open_;
  std::unordered_map<NodeId, NodeId> versions_;
  Visit visit_{};
  NodeId version_ = kNoNode;
};

}  // namespace evenscore::pickle
