#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pickle/opcodes.h"

namespace evenscore::pickle {

/// Writes pickle streams opcode by opcode, right or wrong ones. Every call appends and returns *this.
class PickleBytes {
 public:
  PickleBytes& op(Opcode opcode) {
    text_.push_back(static_cast<char>(opcode));
    return *this;
  }
  PickleBytes& raw(std::string_view bytes) {
    text_.append(bytes);
    return *this;
  }
  /// Little-endian, in `bytes` bytes.
  PickleBytes& number(uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) text_.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
    return *this;
  }
  PickleBytes& proto(int protocol) { return op(Opcode::proto).number(static_cast<uint64_t>(protocol), 1); }
  PickleBytes& mark() { return op(Opcode::mark); }
  PickleBytes& stop() { return op(Opcode::stop); }
  PickleBytes& none() { return op(Opcode::none); }
  PickleBytes& integer(int32_t value) { return op(Opcode::binint).number(static_cast<uint32_t>(value), 4); }
  PickleBytes& string(std::string_view text) {
    return op(Opcode::binunicode).number(text.size(), 4).raw(text);
  }
  PickleBytes& bytes(std::string_view text) { return op(Opcode::binbytes).number(text.size(), 4).raw(text); }
  PickleBytes& global(std::string_view module, std::string_view name) {
    return op(Opcode::global).raw(module).raw("\n").raw(name).raw("\n");
  }
  PickleBytes& memoize() { return op(Opcode::memoize); }
  PickleBytes& get(uint8_t index) { return op(Opcode::binget).number(index, 1); }

  /// `module.name(argument)` with one string argument.
  PickleBytes& call(std::string_view module, std::string_view name, std::string_view argument) {
    return global(module, name).string(argument).op(Opcode::tuple1).op(Opcode::reduce);
  }
  /// An instance without state; `state` calls follow between `begin_state` and `end_state`.
  PickleBytes& instance(std::string_view module, std::string_view name) {
    return global(module, name).op(Opcode::empty_tuple).op(Opcode::newobj);
  }
  PickleBytes& begin_state() { return op(Opcode::empty_dict).mark(); }
  PickleBytes& end_state() { return op(Opcode::setitems).op(Opcode::build); }

  /// numpy.dtype(code) with its state.
  PickleBytes& dtype(std::string_view code, std::string_view order, int32_t item_size = -1) {
    global("numpy", "dtype").string(code).op(Opcode::newfalse).op(Opcode::newtrue);
    op(Opcode::tuple3).op(Opcode::reduce).mark().integer(3).string(order).none().none().none();
    return integer(item_size).integer(item_size).integer(0).op(Opcode::tuple).op(Opcode::build);
  }
  PickleBytes& shape(const std::vector<int32_t>& lengths) {
    mark();
    for (const int32_t length : lengths) integer(length);
    return op(Opcode::tuple);
  }
  /// An ndarray in NumPy's own form; the caller adds the data node and then `end_array`.
  PickleBytes& begin_array(std::string_view code, std::string_view order, const std::vector<int32_t>& lengths,
                           bool fortran = false) {
    global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
    shape({0}).bytes("b").op(Opcode::tuple3).op(Opcode::reduce).mark().integer(1).shape(lengths);
    return dtype(code, order).op(fortran ? Opcode::newtrue : Opcode::newfalse);
  }
  PickleBytes& end_array() { return op(Opcode::tuple).op(Opcode::build); }
  /// joblib's array wrapper up to its BUILD; the array's bytes or its nested pickle come next.
  PickleBytes& joblib_array(std::string_view code, const std::vector<int32_t>& lengths, char order = 'C',
                            bool aligned = false) {
    instance("joblib.numpy_pickle", "NumpyArrayWrapper").begin_state();
    string("subclass").global("numpy", "ndarray").string("shape").shape(lengths);
    string("order").string(std::string(1, order)).string("dtype").dtype(code, code[0] == 'O' ? "|" : "<");
    string("allow_mmap").op(Opcode::newfalse);
    if (aligned) string("numpy_array_alignment_bytes").integer(16);
    return end_state();
  }

  const std::string& text() const { return text_; }
  std::span<const std::byte> span() const { return std::as_bytes(std::span(text_)); }

 private:
  std::string text_;
};

/// The bytes of numbers as they lie in memory.
template <typename T>
std::string memory_of(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

}  // namespace evenscore::pickle
