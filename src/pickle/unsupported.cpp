#include "pickle/unsupported.h"

#include "pickle/arena.h"
#include "pickle/object_walk.h"

namespace evenscore::pickle {
namespace {

class Search {
 public:
  Search(const Arena& arena, size_t most) : arena_(arena), most_(most), walk_(arena) {}

  std::vector<UnsupportedValue> run(NodeId root) {
    walk_.run(root, [&](NodeId id) {
      const bool unknown_name = arena_.is(id, Kind::name) && arena_.name(id).meaning == Meaning::unknown;
      if (unknown_name || arena_.is(id, Kind::unsupported)) report(id);
      return found_.size() < most_;
    });
    if (found_.size() < most_) add_unreachable();
    return std::move(found_);
  }

 private:
  void report(NodeId id) {
    const Name& name = arena_.name(id);
    const NodeId version = walk_.version();
    found_.push_back({std::string(name.module), std::string(name.name), walk_.path(),
                      version == kNoNode ? std::string() : std::string(arena_.text(version)),
                      arena_.is(id, Kind::unsupported)});
    reported_.push_back(arena_.node(id).extent);
  }

  /// Calls first: the name that a call took from the stack is not in the tree either, and says less.
  void add_unreachable() {
    std::vector<bool> listed(arena_.names().size(), false);
    for (const uint32_t name : reported_) listed[name] = true;
    for (const Kind kind : {Kind::unsupported, Kind::name}) {
      for (NodeId id = 0; id < arena_.size() && found_.size() < most_; ++id) {
        if (walk_.seen(id) || !arena_.is(id, kind) || listed[arena_.node(id).extent]) continue;
        const Name& name = arena_.name(id);
        if (kind == Kind::name && name.meaning != Meaning::unknown) continue;
        listed[arena_.node(id).extent] = true;
        found_.push_back({std::string(name.module),
                          std::string(name.name),
                          "(not in the object tree)",
                          {},
                          kind == Kind::unsupported});
      }
    }
  }

  const Arena& arena_;
  size_t most_;
  ObjectWalk walk_;
  std::vector<uint32_t> reported_;
  std::vector<UnsupportedValue> found_;
};

}  // namespace

std::vector<UnsupportedValue> find_unsupported(const Document& document, size_t most) {
  return Search(document.arena(), most).run(document.root());
}

}  // namespace evenscore::pickle
