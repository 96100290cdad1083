#include "pickle/depth.h"

#include <fmt/format.h>

#include <vector>

namespace evenscore::pickle {
namespace {

constexpr uint16_t kUnvisited = 0;
constexpr uint16_t kOpen = 0xFFFF;

std::span<const NodeId> inside(const Arena& arena, NodeId id) {
  if (arena.has_children(id)) return arena.children(id);
  if (arena.is(id, Kind::array)) return arena.array(id).objects;
  return {};
}

struct Visit {
  NodeId id;
  size_t next = 0;
  uint16_t below = 0;  ///< deepest level seen under this value
};

}  // namespace

void check_depth(const Arena& arena, NodeId root) {
  const size_t deepest = std::min<size_t>(arena.limits().depth, kOpen - 1);
  std::vector<uint16_t> depths(arena.size(), kUnvisited);
  std::vector<Visit> path{{root}};
  depths[root] = kOpen;
  while (!path.empty()) {
    Visit& visit = path.back();
    const std::span<const NodeId> children = inside(arena, visit.id);
    if (visit.next == children.size()) {
      const auto depth = static_cast<uint16_t>(visit.below + 1);
      depths[visit.id] = depth;
      path.pop_back();
      if (!path.empty()) path.back().below = std::max(path.back().below, depth);
    } else {
      const NodeId child = children[visit.next++];
      if (child == kNoNode || depths[child] == kOpen) continue;
      if (depths[child] == kUnvisited) {
        depths[child] = kOpen;
        path.push_back({child});
      } else {
        visit.below = std::max(visit.below, depths[child]);
      }
    }
    const size_t depth = path.empty() ? 0 : path.size() + path.back().below;
    if (depth > deepest) {
      arena.fail(ErrorCode::limit_exceeded,
                 fmt::format("values lie more than {} levels inside each other", deepest));
    }
  }
}

}  // namespace evenscore::pickle
