#include "pickle/object_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace evenscore::pickle {

void ObjectWalk::run(NodeId root, const std::function<bool(NodeId)>& visit) {
  version_ = kNoNode;
  enter(root, 0, 0, Step::root);
  while (!open_.empty()) {
    visit_ = open_.back();
    open_.pop_back();
    version_ = links_[visit_.link].version;
    if (arena_.is_instance(visit_.id)) {
      const NodeId own = own_version(visit_.id);
      if (own != kNoNode) version_ = own;
    }
    if (!visit(visit_.id)) {
      open_.clear();
      return;
    }
    enter_children();
  }
}

void ObjectWalk::enter(NodeId id, size_t parent, uint64_t at, Step step) {
  if (id == kNoNode || seen_[id]) return;
  seen_[id] = true;
  if (!arena_.has_children(id) && !arena_.is(id, Kind::array) && !arena_.is(id, Kind::name)) return;
  links_.push_back({parent, at, version_, step});
  open_.push_back({id, links_.size() - 1});
}

void ObjectWalk::enter_children() {
  const size_t first = open_.size();
  if (arena_.is_instance(visit_.id)) {
    enter_instance();
  } else if (arena_.is(visit_.id, Kind::dict)) {
    enter_pairs(arena_.children(visit_.id), Step::key);
  } else if (arena_.is(visit_.id, Kind::array)) {
    // An array that never got its content has none to be asked for.
    if (arena_.node(visit_.id).built) enter_items(arena_.array(visit_.id).objects);
  } else if (arena_.has_children(visit_.id)) {
    enter_items(arena_.children(visit_.id));
  }
  // Last in, first out: turned round, the values come in the order they have in the file.
  std::reverse(open_.begin() + static_cast<std::ptrdiff_t>(first), open_.end());
}

void ObjectWalk::enter_instance() {
  const NodeId arguments = arena_.arguments(visit_.id);
  if (arguments != kNoNode) enter(arguments, visit_.link, 0, Step::arguments);
  const NodeId state = arena_.state(visit_.id);
  if (state == kNoNode || !arena_.is(state, Kind::dict)) {
    enter(state, visit_.link, 0, Step::state);
  } else if (!seen_[state]) {
    seen_[state] = true;
    enter_pairs(arena_.children(state), Step::attribute);
  }
  enter_items(arena_.children(visit_.id).subspan(2));
}

void ObjectWalk::enter_pairs(std::span<const NodeId> pairs, Step step) {
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    enter(pairs[i], visit_.link, pairs[i], Step::key);
    enter(pairs[i + 1], visit_.link, pairs[i], step);
  }
}

void ObjectWalk::enter_items(std::span<const NodeId> items) {
  for (size_t i = 0; i < items.size(); ++i) enter(items[i], visit_.link, i, Step::index);
}

NodeId ObjectWalk::own_version(NodeId instance) {
  const NodeId state = arena_.state(instance);
  if (state == kNoNode || !arena_.is(state, Kind::dict)) return kNoNode;
  // Looked up once for each dict, however many objects share it.
  const auto [at, added] = versions_.emplace(state, kNoNode);
  if (added) {
    const NodeId version = arena_.find(state, "_sklearn_version");
    if (version != kNoNode && arena_.is(version, Kind::string)) at->second = version;
  }
  return at->second;
}

std::string ObjectWalk::path_to(size_t link) const {
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

std::string ObjectWalk::describe_step(const Link& link) const {
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

std::string ObjectWalk::describe_key(NodeId key, const char* quote) const {
  constexpr size_t kLongestKey = 80;
  if (arena_.is(key, Kind::string)) {
    const std::string_view text = arena_.text(key);
    return fmt::format("{}{}{}", quote, text.size() > kLongestKey ? std::string_view("...") : text, quote);
  }
  if (arena_.is(key, Kind::integer)) return fmt::format("{}", arena_.node(key).integer);
  return fmt::format("({})", describe(arena_.kind(key)));
}

}  // namespace evenscore::pickle
