#include "pickle/unsupported.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "pickle/arena.h"

namespace evenscore::pickle {
namespace {

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

class Walk {
 public:
  Walk(const Arena& arena, size_t most) : arena_(arena), most_(most), seen_(arena.size(), false) {}

  std::vector<UnsupportedValue> run(NodeId root) {
    enter(root, 0, 0, Step::root, kNoNode);
    while (!open_.empty() && found_.size() < most_) {
      const Visit visit = open_.back();
      open_.pop_back();
      visit_value(visit);
    }
    if (found_.size() < most_) add_unreachable();
    return std::move(found_);
  }

 private:
  void enter(NodeId id, size_t parent, uint64_t at, Step step, NodeId version) {
    if (id == kNoNode || seen_[id]) return;
    seen_[id] = true;
    if (!arena_.has_children(id) && !arena_.is(id, Kind::array) && !arena_.is(id, Kind::name)) return;
    links_.push_back({parent, at, version, step});
    open_.push_back({id, links_.size() - 1});
  }

  void visit_value(Visit visit) {
    const size_t first = open_.size();
    NodeId version = links_[visit.link].version;
    if (arena_.is_instance(visit.id)) {
      const NodeId own = version_of(arena_.state(visit.id));
      if (own != kNoNode) version = own;
    }
    const bool unknown_name =
        arena_.is(visit.id, Kind::name) && arena_.name(visit.id).meaning == Meaning::unknown;
    if (unknown_name || arena_.is(visit.id, Kind::unsupported)) report(visit, version);

    if (arena_.is_instance(visit.id)) {
      enter_instance(visit, version);
    } else if (arena_.is(visit.id, Kind::dict)) {
      enter_pairs(arena_.children(visit.id), visit.link, Step::key, version);
    } else if (arena_.is(visit.id, Kind::array)) {
      enter_items(arena_.array(visit.id).objects, visit.link, Step::index, version);
    } else if (arena_.has_children(visit.id)) {
      enter_items(arena_.children(visit.id), visit.link, Step::index, version);
    }
    // Last in, first out: turned round, the values come in the order they have in the file.
    std::reverse(open_.begin() + static_cast<std::ptrdiff_t>(first), open_.end());
  }

  void enter_instance(Visit visit, NodeId version) {
    const NodeId arguments = arena_.arguments(visit.id);
    if (arguments != kNoNode) enter(arguments, visit.link, 0, Step::arguments, version);
    const NodeId state = arena_.state(visit.id);
    if (state == kNoNode || !arena_.is(state, Kind::dict)) {
      enter(state, visit.link, 0, Step::state, version);
    } else if (!seen_[state]) {
      seen_[state] = true;
      enter_pairs(arena_.children(state), visit.link, Step::attribute, version);
    }
    enter_items(arena_.children(visit.id).subspan(2), visit.link, Step::index, version);
  }

  void enter_pairs(std::span<const NodeId> pairs, size_t link, Step step, NodeId version) {
    for (size_t i = 0; i < pairs.size(); i += 2) {
      enter(pairs[i], link, pairs[i], Step::key, version);
      enter(pairs[i + 1], link, pairs[i], step, version);
    }
  }

  void enter_items(std::span<const NodeId> items, size_t link, Step step, NodeId version) {
    for (size_t i = 0; i < items.size(); ++i) enter(items[i], link, i, step, version);
  }

  /// `_sklearn_version` in a state, looked up once for each dict however many objects share it.
  NodeId version_of(NodeId state) {
    if (state == kNoNode || !arena_.is(state, Kind::dict)) return kNoNode;
    const auto [at, added] = versions_.emplace(state, kNoNode);
    if (added) {
      const NodeId version = arena_.find(state, "_sklearn_version");
      if (version != kNoNode && arena_.is(version, Kind::string)) at->second = version;
    }
    return at->second;
  }

  void report(Visit visit, NodeId version) {
    const Name& name = arena_.name(visit.id);
    found_.push_back({std::string(name.module), std::string(name.name), path_to(visit.link),
                      version == kNoNode ? std::string() : std::string(arena_.text(version)),
                      arena_.is(visit.id, Kind::unsupported)});
    reported_.push_back(arena_.node(visit.id).extent);
  }

  std::string path_to(size_t link) const {
    constexpr size_t kMostSteps = 64;
    std::vector<std::string> steps;
    for (; links_[link].step != Step::root; link = links_[link].parent) {
      if (steps.size() == kMostSteps) {
        steps.emplace_back("...");
        break;
      }
      steps.push_back(describe_step(links_[link]));
    }
    std::string path;
    for (size_t i = steps.size(); i-- > 0;) path += steps[i];
    if (path.empty()) return "(root)";
    return path.front() == '.' && path.substr(0, 3) != "..." ? path.substr(1) : path;
  }

  std::string describe_step(const Link& link) const {
    switch (link.step) {
      case Step::arguments:
        return "(arguments)";
      case Step::index:
        return fmt::format("[{}]", link.at);
      case Step::state:
        return "(state)";
      case Step::attribute:
        return fmt::format(".{}", describe_key(static_cast<NodeId>(link.at), ""));
      default:
        return fmt::format("[{}]", describe_key(static_cast<NodeId>(link.at), "'"));
    }
  }

  std::string describe_key(NodeId key, const char* quote) const {
    constexpr size_t kLongestKey = 80;
    if (arena_.is(key, Kind::string)) {
      const std::string_view text = arena_.text(key);
      return fmt::format("{}{}{}", quote, text.size() > kLongestKey ? std::string_view("...") : text, quote);
    }
    if (arena_.is(key, Kind::integer)) return fmt::format("{}", arena_.node(key).integer);
    return fmt::format("({})", describe(arena_.kind(key)));
  }

  /// Calls first: the name that a call took from the stack is not in the tree either, and says less.
  void add_unreachable() {
    std::vector<bool> listed(arena_.names().size(), false);
    for (const uint32_t name : reported_) listed[name] = true;
    for (const Kind kind : {Kind::unsupported, Kind::name}) {
      for (NodeId id = 0; id < arena_.size() && found_.size() < most_; ++id) {
        if (seen_[id] || !arena_.is(id, kind) || listed[arena_.node(id).extent]) continue;
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
  std::vector<bool> seen_;
  std::vector<Link> links_;
  std::vector<Visit> open_;
  std::unordered_map<NodeId, NodeId> versions_;
  std::vector<uint32_t> reported_;
  std::vector<UnsupportedValue> found_;
};

}  // namespace

std::vector<UnsupportedValue> find_unsupported(const Document& document, size_t most) {
  return Walk(document.arena(), most).run(document.root());
}

}  // namespace evenscore::pickle
