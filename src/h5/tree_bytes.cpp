#include "h5/tree_bytes.h"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

// An answer is a kind and a node or an error, with no room for a second way to write the same thing. Numbers
// are native. texts: u64 length, bytes.
enum class AnswerKind : std::uint8_t { tree = 1, error = 2 };

constexpr std::size_t kMostDimensions = 32;  // libhdf5's own bound
constexpr std::size_t kLongestText = 4096;   // of an error
constexpr ErrorCode kLastCode = ErrorCode::arithmetic_failure;
constexpr ElementType kLastElement = ElementType::u64;

class Writer {
 public:
  explicit Writer(std::size_t expected) { bytes_.reserve(expected); }

  void number(std::uint64_t value) { append(&value, sizeof(value)); }
  void small(std::uint8_t value) { append(&value, 1); }
  void text(std::string_view value) {
    number(value.size());
    append(value.data(), value.size());
  }
  void data(std::span<const std::byte> value) {
    number(value.size());
    append(value.data(), value.size());
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void append(const void* from, std::size_t size) {
    if (size == 0) return;
    bytes_.resize(bytes_.size() + size);
    std::memcpy(bytes_.data() + bytes_.size() - size, from, size);
  }

  std::vector<std::byte> bytes_;
};

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

void write(Writer& out, const Value& value) {
  out.small(static_cast<std::uint8_t>(value.kind));
  out.small(static_cast<std::uint8_t>(value.element));
  out.small(static_cast<std::uint8_t>(value.shape.size()));
  for (const std::uint64_t extent : value.shape) out.number(extent);
  if (value.kind != ValueKind::string) return out.data(value.data);
  for (const std::string& text : value.strings) out.text(text);
}

void write(Writer& out, const Node& node) {
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

[[noreturn]] void refuse(const char* cause) {
  throw Error(ErrorCode::corrupt_file, cause);
}

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const TreeLimits& limits)
      : rest_(bytes), limits_(limits), bytes_left_(limits.bytes) {}

  TreeAnswer answer() {
    const std::uint8_t kind = small();
    if (kind == static_cast<std::uint8_t>(AnswerKind::error)) return finished<Error>(error());
    if (kind != static_cast<std::uint8_t>(AnswerKind::tree)) refuse("an answer of no kind");
    return finished<Node>(node(0));
  }

 private:
  template <typename Answer>
  Answer finished(Answer answer) const {
    if (!rest_.empty()) refuse("bytes after the answer");
    return answer;
  }

  std::span<const std::byte> take(std::uint64_t size) {
    if (size > rest_.size()) refuse("the answer is cut short");
    const std::span<const std::byte> taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  std::uint8_t small() { return std::to_integer<std::uint8_t>(take(1).front()); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
    return value;
  }

  template <typename Enum>
  Enum one_of(Enum last) {
    const std::uint8_t value = small();
    if (value > static_cast<std::uint8_t>(last)) refuse("a number beyond its enumeration");
    return static_cast<Enum>(value);
  }

  std::string text(std::uint64_t longest) {
    const std::uint64_t size = number();
    if (size > longest) refuse("a text is too long");
    const std::span<const std::byte> bytes = take(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Error error() {
    const ErrorCode code = one_of(kLastCode);
    const auto shown = [this] {
      std::string said = text(kLongestText);
      const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; };
      const bool fit = is_utf8(said) && std::none_of(said.begin(), said.end(), is_control);
      return fit ? said : printable(said);
    };
    std::string cause = shown(), place = shown(), remedy = shown();
    return {code, std::move(cause), std::move(place), std::move(remedy)};
  }

  void count_object() {
    if (objects_ >= limits_.objects) refuse("too many objects");
    ++objects_;
  }

  // Reads `count` names, each greater than the one before, and what belongs to each.
  template <typename Item>
  std::map<std::string, Item> named(const std::invocable auto& read_item) {
    const std::uint64_t count = number();
    std::map<std::string, Item> items;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string name = text(limits_.name_length);
      if (!is_utf8(name)) refuse("a name is not UTF-8");
      if (!items.empty() && name <= items.rbegin()->first) refuse("names are out of order");
      items.emplace_hint(items.end(), std::move(name), read_item());
    }
    return items;
  }

  Node node(std::uint64_t depth) {
    if (depth > limits_.depth) refuse("groups are nested too deeply");
    count_object();
    Node node;
    const std::uint8_t is_dataset = small();
    if (is_dataset > 1) refuse("neither a group nor a dataset");
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
    value.kind = one_of(ValueKind::string);
    value.element = one_of(kLastElement);
    const bool is_number = value.kind == ValueKind::numeric;
    if (!is_number && value.element != ElementType::u8) refuse("an element type that its kind does not have");
    value.shape = shape();
    if (value.kind == ValueKind::string) {
      value.strings = strings(charge(value.shape, sizeof(std::string)));
      return value;
    }
    const std::size_t element = element_size(value.element);
    const std::uint64_t count = charge(value.shape, element);
    if (number() != count * element) refuse("a value of another size than its shape says");
    const std::span<const std::byte> data = take(count * element);
    const auto is_truth_value = [](std::byte b) { return b <= std::byte{1}; };
    if (!is_number && !std::all_of(data.begin(), data.end(), is_truth_value))
      refuse("a boolean that is none");
    value.data.assign(data.begin(), data.end());
    return value;
  }

  std::vector<std::uint64_t> shape() {
    const std::uint8_t dimensions = small();
    if (dimensions > kMostDimensions) refuse("too many dimensions");
    std::vector<std::uint64_t> shape(dimensions);
    for (std::uint64_t& extent : shape) extent = number();
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
    if (!bytes || *bytes > bytes_left_) refuse("values take too many bytes");
    if (is_empty) return 0;
    bytes_left_ -= *bytes;
    return *bytes / element_bytes;
  }

  std::vector<std::string> strings(std::uint64_t count) {
    if (count > rest_.size() / sizeof(std::uint64_t)) refuse("the answer is cut short");
    std::vector<std::string> strings;
    strings.reserve(static_cast<std::size_t>(count));
    for (std::uint64_t i = 0; i < count; ++i) {
      strings.push_back(text(bytes_left_));
      bytes_left_ -= strings.back().size();
      if (!is_utf8(strings.back()) || strings.back().ends_with('\0')) refuse("text that no file holds");
    }
    return strings;
  }

  std::span<const std::byte> rest_;
  const TreeLimits& limits_;
  std::uint64_t bytes_left_;
  std::uint64_t objects_ = 0;
};

}  // namespace

std::vector<std::byte> to_bytes(const Node& root) {
  Writer out(room_for(root));
  out.small(static_cast<std::uint8_t>(AnswerKind::tree));
  write(out, root);
  return out.take();
}

std::vector<std::byte> to_bytes(const Error& error) {
  Writer out(4 * kLongestText);
  out.small(static_cast<std::uint8_t>(AnswerKind::error));
  out.small(static_cast<std::uint8_t>(error.code()));
  for (const std::string_view text : {error.cause(), error.place(), error.remedy()}) {
    out.text(text.substr(0, kLongestText));
  }
  return out.take();
}

std::uint64_t most_bytes(const TreeLimits& limits) {
  constexpr std::uint64_t kOfObject = 64 + kMostDimensions * sizeof(std::uint64_t);
  constexpr std::uint64_t kOfError = 64 + 3 * kLongestText;
  std::uint64_t of_object = 0, of_objects = 0, most = 0;
  const bool fits = !__builtin_add_overflow(limits.name_length, kOfObject, &of_object) &&
                    !__builtin_mul_overflow(limits.objects, of_object, &of_objects) &&
                    !__builtin_add_overflow(of_objects, limits.bytes, &most) &&
                    !__builtin_add_overflow(most, kOfError, &most);
  return fits ? most : UINT64_MAX;
}

TreeAnswer answer_from_bytes(std::span<const std::byte> bytes, const TreeLimits& limits) {
  return Reader(bytes, limits).answer();
}

}  // namespace evenscore::h5
