#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evenscore/error.h"
#include "pickle/document.h"
#include "pickle/globals.h"
#include "pickle/limits.h"
#include "pickle/stream.h"

namespace evenscore::pickle {

constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();

/// One value: 16 bytes, and an index or a pointer to what does not fit.
struct Node {
  Kind kind = Kind::none;
  bool built = false;   ///< array, dtype, object, inert: BUILD has given it its content
  uint32_t extent = 0;  ///< bytes of a text; or the global of a name, object, inert, unsupported
  union {
    int64_t integer = 0;  ///< boolean, integer
    double real;
    const char* text;  ///< string, bytes, big_integer
    uint64_t index;    ///< list of children, array, dtype
  };
};

/// A global of the stream, each (module, name) pair once.
struct Name {
  std::string_view module;
  std::string_view name;
  Meaning meaning;
};

/// Owner of the nodes of one document while it is read. Texts and arrays point into the stream where they
/// can; what is made besides is counted, and refused above Limits::memory_per_byte. Not thread-safe.
///
/// Objects, inert and unsupported values have the children {arguments or kNoNode, state or kNoNode,
/// items...}.
class Arena {
 public:
  Arena(Stream stream, std::span<const AllowedClass> allowed, const Limits& limits);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  const Limits& limits() const { return limits_; }
  std::span<const std::byte> stream() const { return stream_; }

  /// The byte of the stream that is being read, for messages.
  void set_offset(uint64_t offset) { offset_ = offset; }
  [[noreturn]] void fail(ErrorCode code, std::string cause, std::string remedy = {}) const;
  [[noreturn]] void fail_corrupt(std::string cause) const { fail(ErrorCode::corrupt_file, std::move(cause)); }
  /// Counts `bytes` of memory, or of work done on a value that may be shared.
  void charge(uint64_t bytes);

  NodeId add(Kind kind);
  NodeId add_boolean(bool value);
  NodeId add_integer(int64_t value);
  NodeId add_big_integer(std::string digits);
  NodeId add_real(double value);
  /// `text` lies in the stream or was returned by `own`; it is valid UTF-8 for Kind::string.
  NodeId add_text(Kind kind, std::string_view text);
  NodeId add_container(Kind kind, std::vector<NodeId> children);
  NodeId add_name(std::string_view module, std::string_view name);
  NodeId add_instance(Kind kind, uint32_t name_index, NodeId arguments);
  NodeId add_dtype(const DType& dtype);

  std::string_view own(std::string text);
  std::span<const std::byte> own(std::vector<std::byte> bytes);

  void append(NodeId container, std::span<const NodeId> children);
  /// Makes `id` a filled array; the node keeps its place, so that every reference to it sees the array.
  void become_array(NodeId id, Array array);
  void become(NodeId id, const Node& node) { nodes_[id] = node; }
  void set_built(NodeId id) { nodes_[id].built = true; }
  void set_state(NodeId instance, NodeId state);

  size_t size() const { return nodes_.size(); }
  const Node& node(NodeId id) const { return nodes_[id]; }
  Kind kind(NodeId id) const { return nodes_[id].kind; }
  bool is(NodeId id, Kind kind) const { return nodes_[id].kind == kind; }
  std::string_view text(NodeId id) const { return {nodes_[id].text, nodes_[id].extent}; }
  std::span<const NodeId> children(NodeId id) const { return lists_[nodes_[id].index]; }
  std::vector<NodeId>& mutable_children(NodeId id) { return lists_[nodes_[id].index]; }
  const Array& array(NodeId id) const { return arrays_[nodes_[id].index]; }
  const DType& dtype(NodeId id) const { return dtypes_[nodes_[id].index]; }
  DType& mutable_dtype(NodeId id) { return dtypes_[nodes_[id].index]; }
  const Name& name(NodeId id) const { return names_[nodes_[id].extent]; }
  const std::vector<Name>& names() const { return names_; }

  /// Whether the node has a list of children: a container, or an instance of a global.
  bool has_children(NodeId id) const;
  /// Whether the node is an instance of a global: object, inert or unsupported.
  bool is_instance(NodeId id) const;
  NodeId arguments(NodeId instance) const { return children(instance)[0]; }
  NodeId state(NodeId instance) const { return children(instance)[1]; }
  /// The last value of string key `key` in a dict, or kNoNode.
  NodeId find(NodeId dict, std::string_view key) const;

 private:
  NodeId push(Node node);

  std::vector<std::byte> stream_;
  Limits limits_;
  uint64_t budget_;
  uint64_t offset_ = 0;
  GlobalTable globals_;
  // Deques: while a large vector grows, its old and new place together take more memory than was counted.
  std::deque<Node> nodes_;
  std::deque<std::vector<NodeId>> lists_;
  std::vector<Array> arrays_;
  std::vector<DType> dtypes_;
  std::vector<Name> names_;
  std::map<std::pair<std::string_view, std::string_view>, uint32_t> name_indices_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::byte>> buffers_;
};

}  // namespace evenscore::pickle
