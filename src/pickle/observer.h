#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pickle/machine.h"
#include "pickle/xray.h"

namespace evenscore::pickle {

/// How the stream uses a global.
struct Use {
  std::string name;
  const char* opcode = "";
  std::string reason;  ///< why it counts as code; empty for what is known
  uint64_t count = 0;
  uint64_t offset = 0;     ///< of the first
  NodeId value = kNoNode;  ///< what the first made, or the first name that was imported
};

/// An instance of a class that the stream makes.
struct Made {
  NodeId value;
  uint64_t offset;
};

/// The machine made to go on where it refuses, and to write down what Python would run. It follows Python in
/// what the machine declines to do: POP, DUP, any memo index, INST, OBJ, extensions, persistent objects,
/// several pickles in a file.
class Observer : public Machine {
 public:
  /// `joblib` false: as pickle.load reads, to which joblib's raw array bytes are opcodes.
  Observer(Arena& arena, const KnownGlobals& known, bool joblib)
      : Machine(arena), known_(known), joblib_(joblib) {}

  void scan();

  const std::vector<Use>& uses() const { return uses_; }
  const std::vector<Made>& made() const { return made_; }
  const std::vector<NodeId>& roots() const { return roots_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::string& stopped() const { return stopped_; }
  uint64_t opcodes() const { return opcodes_; }
  uint64_t read_bytes() const { return at_; }
  uint64_t nested_pickles() const { return nested_; }
  int protocol() const { return protocol_; }
  bool is_known_instance(NodeId id) const { return known_instances_.count(id) != 0; }
  /// Whether joblib's array bytes are such that pickle.load could go on with them as opcodes.
  bool reads_two_ways() const { return reads_two_ways_; }
  /// "posix.system" of a name or an instance; the kind of anything else.
  std::string name_of(NodeId id) const;

 private:
  void execute(Opcode opcode) override;
  void remember(uint64_t index) override;
  void recall(uint64_t index) override;
  void push_global(std::string_view module, std::string_view name) override;

  void scan_pickles();
  bool end_pickle();
  bool execute_refused(Opcode opcode);
  bool execute_observed(Opcode opcode);
  void call();
  void make(bool has_keywords);
  void instantiate(const char* opcode, NodeId type, std::vector<NodeId> arguments);
  void give_state();
  void give_joblib_array(NodeId target, NodeId state);
  bool holds_objects(NodeId state) const;
  void give_items(Opcode opcode, const char* name, NodeId target);

  /// Why calling `callable`, which made `value`, counts as code; an empty text for what is known.
  std::string reason_to_call(NodeId callable, NodeId arguments, NodeId value) const;
  std::string reason_to_reconstruct(NodeId arguments) const;
  std::string reason_to_make(NodeId type, bool plain) const;
  bool is_known_value(NodeId id) const;
  bool is_known_class(NodeId id) const;
  bool may_be_mentioned(NodeId id) const;
  void check_arguments(const char* opcode, const std::string& callable, NodeId arguments);
  void check_attributes(NodeId target, NodeId state);

  bool has_values(size_t count);
  /// The value under the last mark, or kNoNode.
  NodeId under_mark();
  std::unordered_map<uint64_t, NodeId>& memo();
  NodeId stand_in(NodeId callable, NodeId arguments);
  NodeId peek(size_t from_top) { return frame().stack[frame().stack.size() - 1 - from_top]; }
  void note(std::string text);
  void use(const char* opcode, std::string name, std::string reason, NodeId value);
  void add_made(NodeId value, bool known);

  const KnownGlobals& known_;
  bool joblib_;
  bool reads_two_ways_ = false;
  uint64_t at_ = 0;
  uint64_t opcodes_ = 0;
  uint64_t nested_ = 0;
  int protocol_ = 0;
  std::vector<Use> uses_;
  std::map<std::tuple<std::string, std::string, std::string>, size_t> use_indices_;
  std::vector<Made> made_;
  std::unordered_set<NodeId> known_instances_;
  std::vector<bool> checked_;
  std::unordered_set<NodeId> checked_states_;
  std::vector<std::unordered_map<uint64_t, NodeId>> memos_;
  std::vector<NodeId> roots_;
  std::vector<std::string> notes_;
  std::string stopped_;
};

}  // namespace evenscore::pickle
