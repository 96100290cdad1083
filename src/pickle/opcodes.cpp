#include "pickle/opcodes.h"

namespace evenscore::pickle {
namespace {

constexpr const char* kRunsCode = "it could run code, and no saved model needs it";
constexpr const char* kOutside = "it takes an object from outside the file, and no saved model needs it";
constexpr const char* kHides = "it can hide a value, and no saved model needs it";

}  // namespace

Refusal refusal(Opcode opcode) {
  switch (opcode) {
    case Opcode::inst:
      return {"INST", kRunsCode};
    case Opcode::obj:
      return {"OBJ", kRunsCode};
    case Opcode::ext1:
      return {"EXT1", kRunsCode};
    case Opcode::ext2:
      return {"EXT2", kRunsCode};
    case Opcode::ext4:
      return {"EXT4", kRunsCode};
    case Opcode::persid:
      return {"PERSID", kOutside};
    case Opcode::binpersid:
      return {"BINPERSID", kOutside};
    case Opcode::next_buffer:
      return {"NEXT_BUFFER", kOutside};
    case Opcode::readonly_buffer:
      return {"READONLY_BUFFER", kOutside};
    case Opcode::pop:
      return {"POP", kHides};
    case Opcode::pop_mark:
      return {"POP_MARK", kHides};
    case Opcode::dup:
      return {"DUP", kHides};
    default:
      return {};
  }
}

}  // namespace evenscore::pickle
