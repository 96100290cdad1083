#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pickle/arena.h"
#include "pickle/cursor.h"
#include "pickle/numpy_array.h"
#include "pickle/opcodes.h"

namespace evenscore::pickle {

/// The stack machine of one parse. It pushes, pops and remembers nodes; what globals make of their arguments
/// is decided in reduce.h. The X-ray (xray.cpp) is the same machine, made to go on where this one refuses, so
/// that both say the same of a stream.
class Machine {
 public:
  explicit Machine(Arena& arena) : arena_(arena), cursor_(arena) {}
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Executes the whole stream and returns the value it leaves.
  NodeId run();

 protected:
  /// The state of one pickle: the file's own, or one nested in a joblib array of Python objects.
  struct Frame {
    std::vector<NodeId> stack;
    std::vector<size_t> marks;
    std::vector<NodeId> memo;
    size_t remembered = 0;  ///< entries of `memo` that are set: where MEMOIZE puts the next, as in Python
    int protocol = 0;
    NodeId wrapper = kNoNode;
    ArrayLayout expected;
  };

  void start_frame();
  /// Ends the innermost pickle; true when it was the outermost.
  bool stop();
  virtual void execute(Opcode opcode);
  bool execute_constant(Opcode opcode);
  bool execute_text(Opcode opcode);
  bool execute_container(Opcode opcode);
  bool execute_memo(Opcode opcode);
  void execute_instance(Opcode opcode);

  Frame& frame() { return frames_.back(); }
  void push(NodeId id);
  /// Counts the memory that one more element takes.
  void make_room(std::vector<NodeId>& ids);
  NodeId pop();
  NodeId top();
  void push_mark();
  /// The values above the last mark, which are removed together with it.
  std::vector<NodeId> pop_to_mark();
  void push_tuple(size_t size);

  void append_items(Kind kind, const std::vector<NodeId>& items);
  virtual void remember(uint64_t index);
  virtual void recall(uint64_t index);
  uint64_t text_index();

  void push_int_text(std::string_view text);
  void push_long_text();
  void push_decimal(std::string_view text);
  void push_binary_integer(int64_t length);
  void push_real_text();
  void push_string(uint64_t length);
  void push_latin1(int64_t length);
  void push_bytes(uint64_t length);
  virtual void push_global(std::string_view module, std::string_view name);
  void push_stack_global();
  void build();

  Arena& arena_;
  Cursor cursor_;
  std::vector<Frame> frames_;
};

}  // namespace evenscore::pickle
