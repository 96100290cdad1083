#include "h5/tree_bytes.h"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "h5/answer_bytes.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

// An answer is a kind and a node or an error, with no room for a second way to write the same thing. Numbers
// are native. texts: u64 length, bytes.
enum class AnswerKind : std::uint8_t { tree = 1, error = 2 };

constexpr std::size_t kMostDimensions = 32;  // libhdf5's own bound
constexpr ElementType kLastElement = ElementType::u64;

// A little more than the bytes that a value or node takes: memory is taken once, not by doubling.
std::size_t room_for(const Value& value) {
  std::size_t room = 64 + value.shape.size() * sizeof(std::uint64_t) + value.data.size();
  for (const std::string& text : value.strings) room += sizeof(std::uint64_t) + text.size();
  return room;
}

std::size_t room_for(const Node& node) {
  std::size_t room = 64 + room_for(node.value);
  for (const auto& [name, value] : node.attributes) room += 16 + name.size() + room_for(value);
  for (const auto& [name, child] : node.children) room += 16 + name.size() + room_for(child);
  return room;
}

void write(AnswerWriter& out, const Value& value) {
  out.small(static_cast<std::uint8_t>(value.kind));
  out.small(static_cast<std::uint8_t>(value.element));
  out.small(static_cast<std::uint8_t>(value.shape.size()));
  for (const std::uint64_t extent : value.shape) out.number(extent);
  if (value.kind != ValueKind::string) return out.data(value.data);
  for (const std::string& text : value.strings) out.text(text);
}

void write(AnswerWriter& out, const Node& node) {
  out.small(node.is_dataset ? 1 : 0);
  out.number(node.attributes.size());
  for (const auto& [name, value] : node.attributes) {
    out.text(name);
    write(out, value);
  }
  if (node.is_dataset) return write(out, node.value);
  out.number(node.children.size());
  for (const auto& [name, child] : node.children) {
    out.text(name);
    write(out, child);
  }
}

class TreeAnswerReader {
 public:
  TreeAnswerReader(std::span<const std::byte> bytes, const TreeLimits& limits)
      : in_(bytes), limits_(limits), bytes_left_(limits.bytes) {}

  TreeAnswer answer() {
    const std::uint8_t kind = in_.small();
    if (kind == static_cast<std::uint8_t>(AnswerKind::error)) return finished<Error>(read_error(in_));
    if (kind != static_cast<std::uint8_t>(AnswerKind::tree)) refuse_answer("an answer of no kind");
    return finished<Node>(node(0));
  }

 private:
  template <typename Answer>
  Answer finished(Answer answer) const {
    in_.finish();
    return answer;
  }

  void count_object() {
    if (objects_ >= limits_.objects) refuse_answer("too many objects");
    ++objects_;
  }

  // Reads `count` names, each greater than the one before, and what belongs to each.
  template <typename Item>
  std::map<std::string, Item> named(const std::invocable auto& read_item) {
    const std::uint64_t count = in_.number();
    std::map<std::string, Item> items;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string name = in_.text(limits_.name_length);
      if (!is_utf8(name)) refuse_answer("a name is not UTF-8");
      if (!items.empty() && name <= items.rbegin()->first) refuse_answer("names are out of order");
      items.emplace_hint(items.end(), std::move(name), read_item());
    }
    return items;
  }

  Node node(std::uint64_t depth) {
    if (depth > limits_.depth) refuse_answer("groups are nested too deeply");
    count_object();
    Node node;
    const std::uint8_t is_dataset = in_.small();
    if (is_dataset > 1) refuse_answer("neither a group nor a dataset");
    node.is_dataset = is_dataset == 1;
    node.attributes = named<Value>([this] {
      count_object();
      return value();
    });
    if (node.is_dataset) {
      node.value = value();
    } else {
      node.children = named<Node>([&] { return this->node(depth + 1); });
    }
    return node;
  }

  Value value() {
    Value value;
    value.kind = in_.one_of(ValueKind::string);
    value.element = in_.one_of(kLastElement);
    const bool is_number = value.kind == ValueKind::numeric;
    if (!is_number && value.element != ElementType::u8)
      refuse_answer("an element type that its kind does not have");
    value.shape = shape();
    if (value.kind == ValueKind::string) {
      value.strings = strings(charge(value.shape, sizeof(std::string)));
      return value;
    }
    const std::size_t element = element_size(value.element);
    const std::uint64_t count = charge(value.shape, element);
    if (in_.number() != count * element) refuse_answer("a value of another size than its shape says");
    const std::span<const std::byte> data = in_.take(count * element);
    const auto is_truth_value = [](std::byte b) { return b <= std::byte{1}; };
    if (!is_number && !std::all_of(data.begin(), data.end(), is_truth_value))
      refuse_answer("a boolean that is none");
    value.data.assign(data.begin(), data.end());
    return value;
  }

  std::vector<std::uint64_t> shape() {
    const std::uint8_t dimensions = in_.small();
    if (dimensions > kMostDimensions) refuse_answer("too many dimensions");
    std::vector<std::uint64_t> shape(dimensions);
    for (std::uint64_t& extent : shape) extent = in_.number();
    return shape;
  }

  // Takes a value's memory from what the limits leave and returns its number of elements, as reading a file
  // does: extents beside a zero must multiply without overflow too.
  std::uint64_t charge(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
    std::optional<std::uint64_t> bytes = element_bytes;
    bool is_empty = false;
    for (const std::uint64_t extent : shape) {
      is_empty = is_empty || extent == 0;
      bytes = bytes ? checked_product(*bytes, std::max<std::uint64_t>(extent, 1)) : bytes;
    }
    if (!bytes || *bytes > bytes_left_) refuse_answer("values take too many bytes");
    if (is_empty) return 0;
    bytes_left_ -= *bytes;
    return *bytes / element_bytes;
  }

  std::vector<std::string> strings(std::uint64_t count) {
    if (count > in_.left() / sizeof(std::uint64_t)) refuse_answer("the answer is cut short");
    std::vector<std::string> strings;
    strings.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
      strings.push_back(in_.text(bytes_left_));
      bytes_left_ -= strings.back().size();
      if (!is_utf8(strings.back()) || strings.back().ends_with('\0'))
        refuse_answer("text that no file holds");
    }
    return strings;
  }

  AnswerReader in_;
  const TreeLimits& limits_;
  std::uint64_t bytes_left_;
  std::uint64_t objects_ = 0;
};

}  // namespace

std::vector<std::byte> to_bytes(const Node& root) {
  AnswerWriter out(room_for(root));
  out.small(static_cast<std::uint8_t>(AnswerKind::tree));
  write(out, root);
  return out.take();
}

std::vector<std::byte> to_bytes(const Error& error) {
  AnswerWriter out(kMostErrorBytes);
  out.small(static_cast<std::uint8_t>(AnswerKind::error));
  write_error(out, error);
  return out.take();
}

std::uint64_t most_bytes(const TreeLimits& limits) {
  constexpr std::uint64_t kOfObject = 64 + kMostDimensions * sizeof(std::uint64_t);
  std::uint64_t of_object = 0, of_objects = 0, most = 0;
  const bool fits = !__builtin_add_overflow(limits.name_length, kOfObject, &of_object) &&
                    !__builtin_mul_overflow(limits.objects, of_object, &of_objects) &&
                    !__builtin_add_overflow(of_objects, limits.bytes, &most) &&
                    !__builtin_add_overflow(most, kMostErrorBytes, &most);
  return fits ? most : UINT64_MAX;
}

TreeAnswer answer_from_bytes(std::span<const std::byte> bytes, const TreeLimits& limits) {
  return TreeAnswerReader(bytes, limits).answer();
}

}  // namespace evenscore::h5
