#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/unsupported.h"
#include "support/pickle_bytes.h"

namespace evenscore::pickle {
namespace {

using namespace std::string_literals;

constexpr AllowedClass kAllowed[] = {
    {"shop", "Model", Role::object},
    {"shop", "Loss", Role::inert_object},
    {"shop", "log1p", Role::inert_name},
};

Document read(const PickleBytes& stream) {
  return parse(stream.span(), kAllowed, Limits());
}

ErrorCode code_of(const PickleBytes& stream) {
  try {
    read(stream);
  } catch (const Error& error) {
    EXPECT_FALSE(error.place().empty()) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "the stream was accepted";
  return ErrorCode::bad_request;
}

PickleBytes p2() {
  return PickleBytes().proto(2);
}

int64_t integer_of(PickleBytes stream) {
  const Document document = read(stream.stop());
  return document.integer(document.root());
}

double real_of(PickleBytes stream) {
  const Document document = read(stream.stop());
  return document.real(document.root());
}

std::string string_of(PickleBytes stream) {
  const Document document = read(stream.stop());
  return std::string(document.string(document.root()));
}

std::string bytes_of(PickleBytes stream) {
  const Document document = read(stream.stop());
  const auto bytes = document.bytes(document.root());
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A container of small integers as "[1, 2]"-like text, for comparison.
std::vector<int64_t> integers_in(const Document& document, NodeId id) {
  std::vector<int64_t> out;
  for (const NodeId item : document.items(id)) out.push_back(document.integer(item));
  return out;
}

using Integers = std::vector<int64_t>;

// --- constants
// ---------------------------------------------------------------------------------------------------

TEST(PickleOpcode, None) {
  const Document document = read(p2().none().stop());
  EXPECT_EQ(document.kind(document.root()), Kind::none);
}

TEST(PickleOpcode, Booleans) {
  for (const bool value : {true, false}) {
    for (const auto& stream : {p2().op(value ? Opcode::newtrue : Opcode::newfalse).stop(),
                               PickleBytes().raw(value ? "I01\n" : "I00\n").stop()}) {
      const Document document = read(stream);
      EXPECT_EQ(document.boolean(document.root()), value);
    }
  }
}

TEST(PickleOpcode, BinaryIntegers) {
  EXPECT_EQ(integer_of(p2().integer(-2147483647)), -2147483647);
  EXPECT_EQ(integer_of(p2().op(Opcode::binint1).number(255, 1)), 255);
  EXPECT_EQ(integer_of(p2().op(Opcode::binint2).number(65535, 2)), 65535);
}

TEST(PickleOpcode, Long1AndLong4) {
  EXPECT_EQ(integer_of(p2().op(Opcode::long1).number(0, 1)), 0);
  EXPECT_EQ(integer_of(p2().op(Opcode::long1).number(1, 1).raw("\xFF")), -1);
  EXPECT_EQ(integer_of(p2().op(Opcode::long1).number(8, 1).number(1ULL << 63, 8)), INT64_MIN);
  EXPECT_EQ(integer_of(p2().op(Opcode::long4).number(2, 4).number(0x1234, 2)), 0x1234);
  EXPECT_EQ(string_of(p2().op(Opcode::long1).number(9, 1).number(1ULL << 63, 8).number(0, 1)),
            "9223372036854775808");
  EXPECT_EQ(string_of(p2().op(Opcode::long1).number(9, 1).number(0, 8).raw("\xFF")), "-18446744073709551616");
}

TEST(PickleOpcode, Long1PaddedToNineBytesIsStillAnInt64) {
  EXPECT_EQ(integer_of(p2().op(Opcode::long1).number(9, 1).number(5, 8).number(0, 1)), 5);
}

TEST(PickleOpcode, Long4RefusesNegativeAndHugeLengths) {
  EXPECT_EQ(code_of(p2().op(Opcode::long4).number(0xFFFFFFFF, 4).stop()), ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().op(Opcode::long1).number(65, 1).raw(std::string(65, '\1')).stop()),
            ErrorCode::limit_exceeded);
}

TEST(PickleOpcode, TextIntegers) {
  EXPECT_EQ(integer_of(PickleBytes().raw("I-42\n")), -42);
  EXPECT_EQ(integer_of(PickleBytes().raw("L7L\n")), 7);
  EXPECT_EQ(string_of(PickleBytes().raw("L-100000000000000000000L\n")), "-100000000000000000000");
  EXPECT_EQ(string_of(PickleBytes().raw("I100000000000000000000\n")), "100000000000000000000");
}

TEST(PickleOpcode, TextIntegersRefuseOtherText) {
  for (const char* text : {"I\n", "I1x\n", "I 1\n", "I+1\n", "L0x10L\n", "LL\n"}) {
    EXPECT_EQ(code_of(PickleBytes().raw(text).stop()), ErrorCode::corrupt_file) << text;
  }
  EXPECT_EQ(code_of(PickleBytes().raw("L" + std::string(65, '9') + "L\n").stop()), ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(PickleBytes().raw("L" + std::string(500, '9') + "L\n").stop()),
            ErrorCode::limit_exceeded);
}

TEST(PickleOpcode, Floats) {
  EXPECT_EQ(real_of(p2().op(Opcode::binfloat).raw("\x3F\xF8\0\0\0\0\0\0"s)), 1.5);
  EXPECT_EQ(real_of(PickleBytes().raw("F0.1\n")), 0.1);
  EXPECT_EQ(real_of(PickleBytes().raw("F-inf\n")), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(real_of(PickleBytes().raw("Fnan\n"))));
  EXPECT_EQ(code_of(PickleBytes().raw("F1,5\n").stop()), ErrorCode::corrupt_file);
}

// --- texts
// -------------------------------------------------------------------------------------------------------

TEST(PickleOpcode, UnicodeStringsOfEveryLength) {
  EXPECT_EQ(string_of(p2().op(Opcode::short_binunicode).number(3, 1).raw("a\xC3\xA9")), "a\xC3\xA9");
  EXPECT_EQ(string_of(p2().string("abc")), "abc");
  EXPECT_EQ(string_of(p2().op(Opcode::binunicode8).number(2, 8).raw("ab")), "ab");
}

TEST(PickleOpcode, StringsMustBeUtf8) {
  for (const std::string& text : {"\xFF"s, "\xC0\x80"s, "\xED\xA0\x80"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s,
                                  "\xF4\x90\x80\x80"s, "\xE2\x82"s, "\x80"s}) {
    EXPECT_EQ(code_of(p2().string(text).stop()), ErrorCode::corrupt_file);
  }
}

TEST(PickleOpcode, StringLongerThanTheFileOrTheLimit) {
  EXPECT_EQ(code_of(p2().op(Opcode::binunicode).number(0xFFFFFFFF, 4).raw("ab")), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().op(Opcode::binunicode8).number(~0ULL, 8).raw("ab")), ErrorCode::corrupt_file);
  Limits limits;
  limits.string_bytes = 2;
  const PickleBytes stream = p2().string("abc").stop();
  EXPECT_THROW(parse(stream.span(), {}, limits), Error);
}

TEST(PickleOpcode, EscapedUnicode) {
  EXPECT_EQ(string_of(PickleBytes().raw("Va\\u20ac\\U0001f600\xE9\n")),
            "a\xE2\x82\xAC\xF0\x9F\x98\x80\xC3\xA9");
  EXPECT_EQ(code_of(PickleBytes().raw("V\\ud800\n").stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().raw("V\\u12\n").stop()), ErrorCode::corrupt_file);
}

TEST(PickleOpcode, Python2StringsAreLatin1) {
  EXPECT_EQ(string_of(p2().op(Opcode::short_binstring).number(2, 1).raw("a\xE9")), "a\xC3\xA9");
  EXPECT_EQ(string_of(p2().op(Opcode::binstring).number(1, 4).raw("b")), "b");
  EXPECT_EQ(code_of(p2().op(Opcode::binstring).number(0xFFFFFFFF, 4).raw("b").stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleOpcode, StringOfPython2InItsRepr) {
  EXPECT_EQ(string_of(PickleBytes().raw("S'ab'\n")), "ab");
  EXPECT_EQ(string_of(PickleBytes().raw("S''\n")), "");
  EXPECT_EQ(string_of(PickleBytes().raw("S\"it's\"\n")), "it's");
  EXPECT_EQ(string_of(PickleBytes().raw(R"(S'\\ \n\r\t\'\"\x80\x00')").raw("\n")), "\\ \n\r\t'\"\xC2\x80\0"s);
  // Python refuses the first eight; Python 2 writes none of the others.
  for (const char* wrong : {"a", "'", "'a", "a'", "\"a'", R"('\x4')", R"('\xg1')", R"('a\')", R"('a\q')",
                            R"('\101')", "'a'b'", ""}) {
    EXPECT_EQ(code_of(PickleBytes().raw(std::string("S").append(wrong).append("\n")).stop()),
              ErrorCode::corrupt_file)
        << wrong;
  }
}

TEST(PickleOpcode, BytesOfEveryLength) {
  EXPECT_EQ(bytes_of(p2().op(Opcode::short_binbytes).number(2, 1).raw("\0\xFF"s)), "\0\xFF"s);
  EXPECT_EQ(bytes_of(p2().bytes("abc")), "abc");
  EXPECT_EQ(bytes_of(p2().op(Opcode::binbytes8).number(1, 8).raw("x")), "x");
  EXPECT_EQ(bytes_of(p2().op(Opcode::bytearray8).number(1, 8).raw("y")), "y");
  EXPECT_EQ(code_of(p2().op(Opcode::binbytes8).number(1ULL << 63, 8).raw("x").stop()),
            ErrorCode::corrupt_file);
}

// --- containers
// --------------------------------------------------------------------------------------------------

TEST(PickleOpcode, Lists) {
  const Document document = read(p2().op(Opcode::empty_list)
                                     .integer(1)
                                     .op(Opcode::append)
                                     .mark()
                                     .integer(2)
                                     .integer(3)
                                     .op(Opcode::appends)
                                     .stop());
  EXPECT_EQ(integers_in(document, document.root()), (Integers{1, 2, 3}));
  const Document marked = read(p2().mark().integer(4).integer(5).op(Opcode::list).stop());
  EXPECT_EQ(integers_in(marked, marked.root()), (Integers{4, 5}));
}

TEST(PickleOpcode, Tuples) {
  const Opcode opcodes[] = {Opcode::empty_tuple, Opcode::tuple1, Opcode::tuple2, Opcode::tuple3};
  for (int size = 0; size <= 3; ++size) {
    PickleBytes stream = p2();
    Integers expected;
    for (int i = 0; i < size; ++i) {
      stream.integer(i);
      expected.push_back(i);
    }
    const Document document = read(stream.op(opcodes[size]).stop());
    EXPECT_EQ(document.kind(document.root()), Kind::tuple);
    EXPECT_EQ(integers_in(document, document.root()), expected);
  }
  const Document marked =
      read(p2().mark().integer(1).integer(2).integer(3).integer(4).op(Opcode::tuple).stop());
  EXPECT_EQ(integers_in(marked, marked.root()), (Integers{1, 2, 3, 4}));
}

TEST(PickleOpcode, Dicts) {
  const Document document = read(p2().op(Opcode::empty_dict)
                                     .integer(1)
                                     .integer(2)
                                     .op(Opcode::setitem)
                                     .mark()
                                     .integer(3)
                                     .integer(4)
                                     .op(Opcode::setitems)
                                     .stop());
  EXPECT_EQ(integers_in(document, document.root()), (Integers{1, 2, 3, 4}));
  const Document marked = read(p2().mark().string("k").integer(5).op(Opcode::dict).stop());
  EXPECT_EQ(marked.integer(marked.find(marked.root(), "k").value()), 5);
  EXPECT_FALSE(marked.find(marked.root(), "other").has_value());
  EXPECT_EQ(code_of(p2().mark().integer(1).op(Opcode::dict).stop()), ErrorCode::corrupt_file);
}

TEST(PickleOpcode, SetsAndFrozensets) {
  const Document document =
      read(p2().op(Opcode::empty_set).mark().integer(1).integer(2).integer(1).op(Opcode::additems).stop());
  EXPECT_EQ(document.kind(document.root()), Kind::set);
  EXPECT_EQ(integers_in(document, document.root()), (Integers{1, 2}));
  const Document frozen = read(p2().mark().integer(3).op(Opcode::frozenset).stop());
  EXPECT_EQ(integers_in(frozen, frozen.root()), (Integers{3}));
}

TEST(PickleDict, LastValueOfAKeyStandsAtItsFirstPosition) {
  const Document document = read(p2().op(Opcode::empty_dict)
                                     .mark()
                                     .string("a")
                                     .integer(1)
                                     .string("b")
                                     .integer(2)
                                     .string("a")
                                     .integer(3)
                                     .op(Opcode::setitems)
                                     .stop());
  const auto items = document.items(document.root());
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(document.string(items[0]), "a");
  EXPECT_EQ(document.integer(items[1]), 3);
  EXPECT_EQ(document.string(items[2]), "b");
}

TEST(PickleDict, NumbersOfEqualValueAreOneKey) {
  const Document document = read(p2().op(Opcode::empty_dict)
                                     .mark()
                                     .integer(1)
                                     .string("int")
                                     .op(Opcode::newtrue)
                                     .string("bool")
                                     .op(Opcode::binfloat)
                                     .raw("\x3F\xF0\0\0\0\0\0\0"s)
                                     .string("float")
                                     .string("1")
                                     .string("text")
                                     .op(Opcode::setitems)
                                     .stop());
  const auto items = document.items(document.root());
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(document.integer(items[0]), 1);
  EXPECT_EQ(document.string(items[1]), "float");
}

TEST(PickleDict, UnhashableKeysAreRefused) {
  for (const Opcode opcode : {Opcode::empty_list, Opcode::empty_dict, Opcode::empty_set}) {
    EXPECT_EQ(code_of(p2().op(Opcode::empty_dict).op(opcode).none().op(Opcode::setitem).stop()),
              ErrorCode::corrupt_file);
  }
}

TEST(PickleOpcode, ItemsGoOnlyIntoTheirOwnContainer) {
  EXPECT_EQ(code_of(p2().op(Opcode::empty_tuple).none().op(Opcode::append).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().op(Opcode::empty_list).none().none().op(Opcode::setitem).stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().op(Opcode::empty_dict).mark().none().op(Opcode::additems).stop()),
            ErrorCode::corrupt_file);
}

// --- stack and memo
// ----------------------------------------------------------------------------------------------

TEST(PickleStack, UnderflowAndLeftoversAreRefused) {
  EXPECT_EQ(code_of(p2().stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().none().stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().mark().stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().op(Opcode::tuple1).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().op(Opcode::tuple).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().mark().op(Opcode::tuple1).stop()), ErrorCode::corrupt_file);
}

TEST(PickleStack, MarksHaveALimit) {
  PickleBytes deep = p2();
  for (int i = 0; i < 257; ++i) deep.mark();
  EXPECT_EQ(code_of(deep.stop()), ErrorCode::limit_exceeded);
}

TEST(PickleMemo, EveryFormOfPutAndGet) {
  for (const auto& stream : {
           p2().string("s").op(Opcode::binput).number(0, 1).op(Opcode::binget).number(0, 1),
           p2().string("s").op(Opcode::long_binput).number(0, 4).op(Opcode::long_binget).number(0, 4),
           p2().string("s").memoize().get(0),
           PickleBytes().string("s").raw("p0\ng0\n"),
           PickleBytes().string("s").raw("p1\ng1\n"),
       }) {
    const Document document = read(PickleBytes(stream).op(Opcode::tuple2).stop());
    const auto items = document.items(document.root());
    EXPECT_EQ(items[0], items[1]);
  }
}

TEST(PickleMemo, UnsetAndFarIndicesAreRefused) {
  EXPECT_EQ(code_of(p2().none().get(0).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().op(Opcode::binput).number(1, 1).get(0).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().op(Opcode::long_binput).number(0xFFFFFFFF, 4).stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().none().op(Opcode::binput).number(2, 1).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().none().raw("p9999999999\n").stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().none().raw("p-1\n").stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().none().raw("p99999999999999999999999\n").stop()), ErrorCode::corrupt_file);
}

// --- stream
// ------------------------------------------------------------------------------------------------------

TEST(PickleStream, ProtocolsUpTo5) {
  for (int protocol = 0; protocol <= 5; ++protocol)
    EXPECT_NO_THROW(read(PickleBytes().proto(protocol).none().stop()));
  EXPECT_EQ(code_of(PickleBytes().proto(6).none().stop()), ErrorCode::unsupported);
}

TEST(PickleStream, ProtoStandsOnlyAtTheStart) {
  EXPECT_EQ(code_of(p2().none().proto(2).stop()), ErrorCode::corrupt_file);
}

TEST(PickleStream, FrameMayNotBeLongerThanTheFile) {
  EXPECT_NO_THROW(read(PickleBytes().proto(4).op(Opcode::frame).number(2, 8).none().stop()));
  EXPECT_EQ(code_of(PickleBytes().proto(4).op(Opcode::frame).number(3, 8).none().stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().proto(4).op(Opcode::frame).number(~0ULL, 8).none().stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleStream, BytesAfterStopAreRefused) {
  EXPECT_EQ(code_of(p2().none().stop().raw("\n")), ErrorCode::corrupt_file);
}

TEST(PickleStream, UnknownOpcodesAreRefused) {
  EXPECT_EQ(code_of(p2().raw("\xFE").stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().raw("\0"s).stop()), ErrorCode::corrupt_file);
}

TEST(PickleStream, OpcodesHaveALimit) {
  Limits limits;
  limits.opcodes = 2;
  const PickleBytes three = p2().none().op(Opcode::tuple1).stop();
  EXPECT_THROW(parse(three.span(), {}, limits), Error);
  limits.opcodes = 3;
  EXPECT_NO_THROW(parse(three.span(), {}, limits));
}

TEST(PickleStream, ErrorsNameTheByte) {
  try {
    read(p2().none().op(Opcode::dup).stop());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.place(), "byte 3 of the pickle");
    EXPECT_NE(error.cause().find("DUP"), std::string::npos);
  }
}

// --- globals and objects
// -----------------------------------------------------------------------------------------

TEST(PickleGlobal, KnownAndUnknownNamesStayNames) {
  for (const auto& stream :
       {p2().global("shop", "log1p").stop(), p2().global("os", "system").stop(),
        PickleBytes().proto(4).string("os").string("path").op(Opcode::stack_global).stop()}) {
    const Document document = read(stream);
    EXPECT_EQ(document.kind(document.root()), Kind::name);
  }
  EXPECT_TRUE(find_unsupported(read(p2().global("shop", "log1p").stop())).empty());
  EXPECT_EQ(find_unsupported(read(p2().global("shop", "log1p.__globals__").stop())).size(), 1u);
}

TEST(PickleGlobal, StackGlobalNeedsTwoStrings) {
  EXPECT_EQ(code_of(p2().string("os").integer(1).op(Opcode::stack_global).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().string("os").op(Opcode::stack_global).stop()), ErrorCode::corrupt_file);
}

TEST(PickleGlobal, LongNamesAreRefused) {
  EXPECT_EQ(code_of(p2().global(std::string(257, 'a'), "b").stop()), ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().string(std::string(257, 'a')).string("b").op(Opcode::stack_global).stop()),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().raw("cno line feed")), ErrorCode::corrupt_file);
}

TEST(PickleGlobal, Python2ModulesAreRenamedBelowProtocol3) {
  const Document old_style = read(p2().global("__builtin__", "int").stop());
  EXPECT_EQ(old_style.module(old_style.root()), "builtins");
  EXPECT_EQ(find_unsupported(read(PickleBytes().proto(3).global("__builtin__", "int").stop())).size(), 1u);
}

TEST(PickleObject, AllowedClassKeepsItsAttributes) {
  const Document document =
      read(p2().instance("shop", "Model").begin_state().string("alpha").integer(3).end_state().stop());
  const NodeId root = document.root();
  EXPECT_EQ(document.kind(root), Kind::object);
  EXPECT_EQ(document.module(root), "shop");
  EXPECT_EQ(document.name(root), "Model");
  EXPECT_EQ(document.integer(document.attribute(root, "alpha").value()), 3);
  EXPECT_FALSE(document.attribute(root, "beta").has_value());
  EXPECT_EQ(document.state(root).size(), 2u);
  EXPECT_TRUE(find_unsupported(document).empty());
}

TEST(PickleObject, OldProtocolsReconstructTheSameObject) {
  const Document document = read(PickleBytes()
                                     .global("copy_reg", "_reconstructor")
                                     .mark()
                                     .global("shop", "Model")
                                     .global("__builtin__", "object")
                                     .none()
                                     .op(Opcode::tuple)
                                     .op(Opcode::reduce)
                                     .begin_state()
                                     .string("alpha")
                                     .integer(3)
                                     .end_state()
                                     .stop());
  EXPECT_EQ(document.kind(document.root()), Kind::object);
  EXPECT_EQ(document.integer(document.attribute(document.root(), "alpha").value()), 3);
}

TEST(PickleObject, NewobjExWithoutArgumentsIsNewobj) {
  const PickleBytes plain = p2().global("shop", "Model")
                                .op(Opcode::empty_tuple)
                                .op(Opcode::empty_dict)
                                .op(Opcode::newobj_ex)
                                .stop();
  EXPECT_EQ(read(plain).kind(read(plain).root()), Kind::object);
  const PickleBytes keyword = p2().global("shop", "Model")
                                  .op(Opcode::empty_tuple)
                                  .op(Opcode::empty_dict)
                                  .string("a")
                                  .none()
                                  .op(Opcode::setitem)
                                  .op(Opcode::newobj_ex)
                                  .stop();
  EXPECT_EQ(read(keyword).kind(read(keyword).root()), Kind::unsupported);
}

TEST(PickleObject, ArgumentsMakeAnAllowedClassUnsupported) {
  const Document document =
      read(p2().global("shop", "Model").integer(1).op(Opcode::tuple1).op(Opcode::newobj).stop());
  EXPECT_EQ(document.kind(document.root()), Kind::unsupported);
  EXPECT_EQ(find_unsupported(document).at(0).name, "Model");
}

TEST(PickleObject, SlotsStateWithoutSlotsIsTheDict) {
  const Document document = read(p2().instance("shop", "Model")
                                     .op(Opcode::empty_dict)
                                     .string("a")
                                     .integer(1)
                                     .op(Opcode::setitem)
                                     .none()
                                     .op(Opcode::tuple2)
                                     .op(Opcode::build)
                                     .stop());
  EXPECT_EQ(document.integer(document.attribute(document.root(), "a").value()), 1);
  EXPECT_EQ(code_of(p2().instance("shop", "Model").integer(1).op(Opcode::build).stop()),
            ErrorCode::unsupported);
}

TEST(PickleObject, BuildHappensOnceAndOnlyOnObjects) {
  EXPECT_EQ(code_of(p2().instance("shop", "Model")
                        .op(Opcode::empty_dict)
                        .op(Opcode::build)
                        .op(Opcode::empty_dict)
                        .op(Opcode::build)
                        .stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().op(Opcode::empty_list).op(Opcode::empty_dict).op(Opcode::build).stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleObject, InertClassIsAcceptedAndNotInterpreted) {
  const Document document = read(p2().global("shop", "Loss")
                                     .integer(1)
                                     .op(Opcode::tuple1)
                                     .op(Opcode::reduce)
                                     .op(Opcode::empty_dict)
                                     .op(Opcode::build)
                                     .stop());
  EXPECT_EQ(document.kind(document.root()), Kind::inert);
  EXPECT_TRUE(find_unsupported(document).empty());
}

TEST(PickleObject, InertNameMayNotBeCalled) {
  const Document document = read(p2().call("shop", "log1p", "x").stop());
  EXPECT_EQ(document.kind(document.root()), Kind::unsupported);
  EXPECT_TRUE(find_unsupported(document).at(0).called);
}

TEST(PickleObject, CallableMustBeAGlobalAndArgumentsATuple) {
  EXPECT_EQ(code_of(p2().integer(1).op(Opcode::empty_tuple).op(Opcode::reduce).stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().global("shop", "Loss").op(Opcode::empty_list).op(Opcode::reduce).stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().string("s").op(Opcode::empty_tuple).op(Opcode::newobj).stop()),
            ErrorCode::corrupt_file);
}

// --- data constructors
// -------------------------------------------------------------------------------------------

TEST(PickleConstructor, Bytes) {
  EXPECT_EQ(bytes_of(p2().global("_codecs", "encode")
                         .string("a\xC3\xBF")
                         .string("latin1")
                         .op(Opcode::tuple2)
                         .op(Opcode::reduce)),
            "a\xFF");
  EXPECT_EQ(bytes_of(p2().global("__builtin__", "bytes").op(Opcode::empty_tuple).op(Opcode::reduce)), "");
  const Document beyond = read(p2().global("_codecs", "encode")
                                   .string("\xE2\x82\xAC")
                                   .string("latin1")
                                   .op(Opcode::tuple2)
                                   .op(Opcode::reduce)
                                   .stop());
  EXPECT_EQ(beyond.kind(beyond.root()), Kind::unsupported);
}

TEST(PickleConstructor, OrderedDictOfPython2) {
  PickleBytes stream = p2().global("collections", "OrderedDict").mark();
  stream.mark().string("z").integer(1).op(Opcode::list).mark().string("a").integer(2).op(Opcode::list);
  const Document document = read(stream.op(Opcode::list).op(Opcode::tuple1).op(Opcode::reduce).stop());
  ASSERT_EQ(document.kind(document.root()), Kind::dict);
  EXPECT_EQ(document.string(document.items(document.root())[0]), "z");
  EXPECT_EQ(document.integer(*document.find(document.root(), "a")), 2);

  PickleBytes odd = p2().global("collections", "OrderedDict").mark().mark().string("z").op(Opcode::list);
  odd.op(Opcode::list).op(Opcode::tuple1).op(Opcode::reduce).stop();
  EXPECT_EQ(find_unsupported(read(odd)).size(), 1u);
}

TEST(PickleConstructor, SetSliceAndOrderedDict) {
  const Document set = read(p2().global("__builtin__", "set")
                                .mark()
                                .integer(2)
                                .integer(1)
                                .op(Opcode::list)
                                .op(Opcode::tuple1)
                                .op(Opcode::reduce)
                                .stop());
  EXPECT_EQ(set.kind(set.root()), Kind::set);
  const Document slice = read(p2().global("builtins", "slice")
                                  .integer(0)
                                  .integer(3)
                                  .integer(1)
                                  .op(Opcode::tuple3)
                                  .op(Opcode::reduce)
                                  .stop());
  EXPECT_EQ(slice.kind(slice.root()), Kind::slice);
  EXPECT_EQ(integers_in(slice, slice.root()), (Integers{0, 3, 1}));
  const Document ordered = read(p2().global("collections", "OrderedDict")
                                    .op(Opcode::empty_tuple)
                                    .op(Opcode::reduce)
                                    .integer(1)
                                    .integer(2)
                                    .op(Opcode::setitem)
                                    .stop());
  EXPECT_EQ(ordered.kind(ordered.root()), Kind::dict);
}

TEST(PickleConstructor, UfuncOfOldNumpyIsItsName) {
  const Document document = read(p2().global("numpy.core", "_ufunc_reconstruct")
                                     .string("shop")
                                     .string("log1p")
                                     .op(Opcode::tuple2)
                                     .op(Opcode::reduce)
                                     .stop());
  EXPECT_EQ(document.kind(document.root()), Kind::name);
  EXPECT_EQ(document.name(document.root()), "log1p");
  EXPECT_TRUE(find_unsupported(document).empty());
}

TEST(PickleConstructor, PandasIndexIsItsArray) {
  PickleBytes stream =
      p2().global("pandas.core.indexes.base", "_new_Index").global("pandas.core.indexes.base", "Index");
  stream.op(Opcode::empty_dict)
      .string("data")
      .begin_array("O8", "|", {1})
      .mark()
      .string("age")
      .op(Opcode::list);
  stream.end_array().op(Opcode::setitem).op(Opcode::tuple2).op(Opcode::reduce).stop();
  const Document document = read(stream);
  ASSERT_EQ(document.kind(document.root()), Kind::array);
  EXPECT_EQ(document.element_text(document.root(), 0), "age");
}

TEST(PickleConstructor, RandomStateIsInert) {
  const Document document = read(p2().call("numpy.random._pickle", "__randomstate_ctor", "MT19937")
                                     .begin_state()
                                     .string("state")
                                     .none()
                                     .end_state()
                                     .stop());
  EXPECT_EQ(document.kind(document.root()), Kind::inert);
  EXPECT_TRUE(find_unsupported(document).empty());
}

// --- NumPy
// -------------------------------------------------------------------------------------------------------

template <typename T>
std::vector<T> numbers(const Array& array) {
  std::vector<T> out(static_cast<size_t>(array.size));
  EXPECT_EQ(array.data.size(), out.size() * sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), array.data.data(), array.data.size());
  return out;
}

using Reals = std::vector<double>;
using Shape = std::vector<uint64_t>;

std::string swapped(std::string bytes, size_t unit) {
  for (size_t i = 0; i < bytes.size(); i += unit) std::reverse(bytes.data() + i, bytes.data() + i + unit);
  return bytes;
}

TEST(PickleNumpy, ReconstructedArray) {
  const Document document =
      read(p2().begin_array("f8", "<", {2, 2}).bytes(memory_of(Reals{1, 2, 3, 4})).end_array().stop());
  const Array& array = document.array(document.root());
  EXPECT_EQ(array.code, 'f');
  EXPECT_EQ(array.item_size, 8u);
  EXPECT_EQ(array.shape, (Shape{2, 2}));
  EXPECT_EQ(numbers<double>(array), (Reals{1, 2, 3, 4}));
}

TEST(PickleNumpy, FortranOrderBecomesCOrder) {
  const Document document = read(
      p2().begin_array("f8", "<", {2, 3}, true).bytes(memory_of(Reals{1, 4, 2, 5, 3, 6})).end_array().stop());
  EXPECT_EQ(numbers<double>(document.array(document.root())), (Reals{1, 2, 3, 4, 5, 6}));
}

TEST(PickleNumpy, BigEndianBecomesNative) {
  const Document document =
      read(p2().begin_array("f8", ">", {2}).bytes(swapped(memory_of(Reals{1.5, -2}), 8)).end_array().stop());
  EXPECT_EQ(numbers<double>(document.array(document.root())), (Reals{1.5, -2}));
}

TEST(PickleNumpy, ArrayBytesMustFitItsShape) {
  EXPECT_EQ(code_of(p2().begin_array("f8", "<", {3}).bytes(memory_of(Reals{1, 2})).end_array().stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().begin_array("O8", "|", {2}).mark().none().op(Opcode::list).end_array().stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleNumpy, NegativeAndOverflowingShapesAreRefused) {
  EXPECT_EQ(code_of(p2().begin_array("f8", "<", {-1}).bytes("").end_array().stop()), ErrorCode::corrupt_file);
  const int32_t huge = 0x7FFFFFFF;
  EXPECT_EQ(code_of(p2().begin_array("f8", "<", {huge, huge, huge}).bytes("").end_array().stop()),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().begin_array("f8", "<", {huge, huge, 0}).bytes("").end_array().stop()),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().begin_array("f8", "<", {1, 1, 1, 1, 1, 1, 1, 1, 1})
                        .bytes(memory_of(Reals{1}))
                        .end_array()
                        .stop()),
            ErrorCode::limit_exceeded);
}

TEST(PickleNumpy, ReconstructTakesWhatNumpyWritesOnly) {
  // NumPy fails on a type code that is no bytes; it always writes (0,) and b'b'.
  for (const int wrong : {0, 1, 2}) {
    PickleBytes stream = p2().global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
    stream.shape({wrong == 0 ? 1 : 0});
    wrong == 1 ? stream.none() : stream.bytes(wrong == 2 ? "d" : "b");
    const Document document = read(stream.op(Opcode::tuple3).op(Opcode::reduce).stop());
    EXPECT_EQ(find_unsupported(document).size(), 1u) << wrong;
  }
}

TEST(PickleNumpy, StateOfAnArrayHasVersion1) {
  for (const int32_t version : {0, 1, 2, 254}) {
    PickleBytes stream = p2().global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
    stream.shape({0}).bytes("b").op(Opcode::tuple3).op(Opcode::reduce).mark().integer(version).shape({1});
    stream.dtype("f8", "<").op(Opcode::newfalse).bytes(memory_of(Reals{1})).end_array().stop();
    if (version == 1) {
      EXPECT_NO_THROW(read(stream));
    } else {
      EXPECT_EQ(code_of(stream), ErrorCode::corrupt_file) << version;
    }
  }
}

TEST(PickleNumpy, ArrayIsFilledExactlyOnce) {
  PickleBytes never = p2().global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray");
  EXPECT_EQ(code_of(never.shape({0}).bytes("b").op(Opcode::tuple3).op(Opcode::reduce).stop()),
            ErrorCode::corrupt_file);
  PickleBytes twice = p2().begin_array("f8", "<", {0}).bytes("").end_array();
  EXPECT_EQ(code_of(twice.op(Opcode::empty_tuple).op(Opcode::build).stop()), ErrorCode::corrupt_file);
}

TEST(PickleNumpy, Scalars) {
  const auto scalar = [](std::string_view code, std::string_view order, const std::string& bytes,
                         int32_t size = -1) {
    return p2()
        .global("numpy._core.multiarray", "scalar")
        .dtype(code, order, size)
        .bytes(bytes)
        .op(Opcode::tuple2)
        .op(Opcode::reduce);
  };
  EXPECT_EQ(real_of(scalar("f8", "<", memory_of(Reals{0.1}))), 0.1);
  EXPECT_EQ(real_of(scalar("f8", ">", swapped(memory_of(Reals{0.1}), 8))), 0.1);
  EXPECT_EQ(real_of(scalar("f4", "<", memory_of(std::vector<float>{0.1f}))), double{0.1f});
  EXPECT_EQ(real_of(scalar("f2", "<", "\x01\x00"s)), std::ldexp(1.0, -24));
  EXPECT_EQ(real_of(scalar("f2", "<", "\xFF\x7B"s)), 65504);
  EXPECT_EQ(integer_of(scalar("i1", "|", "\xFB")), -5);
  EXPECT_EQ(integer_of(scalar("i8", "<", memory_of(Integers{INT64_MIN}))), INT64_MIN);
  EXPECT_EQ(string_of(scalar("u8", "<", std::string(8, '\xFF'))), "18446744073709551615");
  EXPECT_EQ(string_of(scalar("U2", "<", "a\0\0\0\0\0\0\0"s, 8)), "a");
  EXPECT_EQ(bytes_of(scalar("S2", "|", "ab", 2)), "ab");
  const Document truth = read(scalar("b1", "|", "\1").stop());
  EXPECT_TRUE(truth.boolean(truth.root()));
  const Document mismatch = read(scalar("f8", "<", "short").stop());
  EXPECT_EQ(mismatch.kind(mismatch.root()), Kind::unsupported);
}

PickleBytes from_buffer(const std::vector<double>& values, const std::vector<int32_t>& shape) {
  return PickleBytes()
      .proto(5)
      .global("numpy._core.numeric", "_frombuffer")
      .mark()
      .op(Opcode::bytearray8)
      .number(values.size() * 8, 8)
      .raw(memory_of(values))
      .dtype("f8", "<")
      .shape(shape);
}

TEST(PickleNumpy, FromBufferInEveryOrder) {
  const Reals six = {1, 2, 3, 4, 5, 6};
  const Document c = read(from_buffer(six, {2, 3}).string("C").op(Opcode::tuple).op(Opcode::reduce).stop());
  EXPECT_EQ(numbers<double>(c.array(c.root())), six);
  const Document f = read(from_buffer(six, {2, 3}).string("F").op(Opcode::tuple).op(Opcode::reduce).stop());
  EXPECT_EQ(numbers<double>(f.array(f.root())), (Reals{1, 3, 5, 2, 4, 6}));
  const Document k =
      read(from_buffer(six, {2, 3}).string("K").shape({1, 0}).op(Opcode::tuple).op(Opcode::reduce).stop());
  EXPECT_EQ(k.array(k.root()).shape, (Shape{3, 2}));
  EXPECT_EQ(numbers<double>(k.array(k.root())), (Reals{1, 4, 2, 5, 3, 6}));
}

TEST(PickleNumpy, FromBufferRefusesAWrongAxisOrder) {
  for (const std::vector<int32_t>& axes : {std::vector<int32_t>{0, 0}, {0}, {0, 2}, {-1, 0}}) {
    EXPECT_EQ(
        code_of(
            from_buffer({1, 2}, {1, 2}).string("K").shape(axes).op(Opcode::tuple).op(Opcode::reduce).stop()),
        ErrorCode::corrupt_file);
  }
}

TEST(PickleNumpy, DtypeIsAValue) {
  const Document document = read(p2().dtype("U3", ">", 12).stop());
  EXPECT_EQ(document.dtype(document.root()), (DType{'U', 12, true}));
}

TEST(PickleNumpy, DtypeRefusesContradictionsAndHugeItems) {
  EXPECT_EQ(code_of(p2().dtype("U3", "<", 16).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().dtype("f8", "<", 8).stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().dtype("f8", "?").stop()), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(p2().dtype("U99999", "<", 399996).stop()), ErrorCode::limit_exceeded);
  EXPECT_EQ(code_of(p2().dtype("S9999999", "|", 9999999).stop()), ErrorCode::limit_exceeded);
}

TEST(PickleNumpy, UnknownDtypeCodesAreReported) {
  for (const char* code : {"f3", "i16", "x8", "f", "f8x", ""}) {
    const Document document = read(p2().global("numpy", "dtype")
                                       .string(code)
                                       .op(Opcode::newfalse)
                                       .op(Opcode::newtrue)
                                       .op(Opcode::tuple3)
                                       .op(Opcode::reduce)
                                       .stop());
    EXPECT_EQ(document.kind(document.root()), Kind::unsupported) << code;
  }
}

PickleBytes structured_dtype(int32_t flags) {
  return p2()
      .global("numpy", "dtype")
      .string("V16")
      .op(Opcode::newfalse)
      .op(Opcode::newtrue)
      .op(Opcode::tuple3)
      .op(Opcode::reduce)
      .mark()
      .integer(3)
      .string("|")
      .none()
      .op(Opcode::empty_tuple)
      .op(Opcode::empty_dict)
      .integer(16)
      .integer(1)
      .integer(flags)
      .op(Opcode::tuple)
      .op(Opcode::build)
      .stop();
}

TEST(PickleNumpy, StructuredDtypeIsCarriedUnlessItHoldsObjects) {
  const Document document = read(structured_dtype(16));
  EXPECT_EQ(document.dtype(document.root()), (DType{'V', 16, false}));
  EXPECT_EQ(code_of(structured_dtype(27)), ErrorCode::unsupported);
}

TEST(PickleNumpy, StringElements) {
  const Document document = read(p2().global("numpy.core.multiarray", "_reconstruct")
                                     .global("numpy", "ndarray")
                                     .shape({0})
                                     .bytes("b")
                                     .op(Opcode::tuple3)
                                     .op(Opcode::reduce)
                                     .mark()
                                     .integer(1)
                                     .shape({2})
                                     .dtype("U2", "<", 8)
                                     .op(Opcode::newfalse)
                                     .bytes("n\0\0\0o\0\0\0\xE9\0\0\0\0\0\0\0"s)
                                     .end_array()
                                     .stop());
  EXPECT_EQ(document.element_text(document.root(), 0), "no");
  EXPECT_EQ(document.element_text(document.root(), 1), "\xC3\xA9");
  EXPECT_THROW(document.element_text(document.root(), 2), Error);
}

// --- joblib
// ------------------------------------------------------------------------------------------------------

TEST(PickleJoblib, ArrayBytesFollowTheWrapper) {
  const Document document = read(PickleBytes()
                                     .proto(4)
                                     .mark()
                                     .joblib_array("f8", {2})
                                     .raw(memory_of(Reals{1, 2}))
                                     .string("after")
                                     .op(Opcode::tuple)
                                     .stop());
  const auto items = document.items(document.root());
  EXPECT_EQ(numbers<double>(document.array(items[0])), (Reals{1, 2}));
  EXPECT_EQ(document.string(items[1]), "after");
}

TEST(PickleJoblib, PaddingIsSkippedAndChecked) {
  const std::string data = memory_of(Reals{7});
  const auto padded = [&](const std::string& padding) {
    return PickleBytes().proto(4).joblib_array("f8", {1}, 'C', true).raw(padding).raw(data).stop();
  };
  for (const size_t length : {size_t{1}, size_t{16}}) {
    const Document document =
        read(padded(std::string(1, static_cast<char>(length)) + std::string(length, '\xFF')));
    EXPECT_EQ(numbers<double>(document.array(document.root())), (Reals{7}));
  }
  EXPECT_EQ(code_of(padded("\0"s)), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(padded("\x11" + std::string(17, '\xFF'))), ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(padded("\x01 ")), ErrorCode::corrupt_file);
}

TEST(PickleJoblib, FortranOrderBecomesCOrder) {
  const Document document =
      read(PickleBytes().proto(4).joblib_array("f8", {2, 2}, 'F').raw(memory_of(Reals{1, 3, 2, 4})).stop());
  EXPECT_EQ(numbers<double>(document.array(document.root())), (Reals{1, 2, 3, 4}));
}

TEST(PickleJoblib, MemoSeesTheArray) {
  const Document document = read(PickleBytes()
                                     .proto(4)
                                     .mark()
                                     .global("joblib.numpy_pickle", "NumpyArrayWrapper")
                                     .op(Opcode::empty_tuple)
                                     .op(Opcode::newobj)
                                     .memoize()
                                     .begin_state()
                                     .string("subclass")
                                     .global("numpy", "ndarray")
                                     .string("shape")
                                     .shape({1})
                                     .string("order")
                                     .string("C")
                                     .string("dtype")
                                     .dtype("f8", "<")
                                     .string("allow_mmap")
                                     .op(Opcode::newtrue)
                                     .end_state()
                                     .raw(memory_of(Reals{9}))
                                     .get(0)
                                     .op(Opcode::tuple)
                                     .stop());
  const auto items = document.items(document.root());
  EXPECT_EQ(items[0], items[1]);
  EXPECT_EQ(numbers<double>(document.array(items[1])), (Reals{9}));
}

PickleBytes nested_names() {
  return PickleBytes()
      .proto(5)
      .begin_array("O8", "|", {2})
      .mark()
      .string("age")
      .string("sex")
      .op(Opcode::list)
      .end_array()
      .stop();
}

TEST(PickleJoblib, ObjectArrayIsANestedPickle) {
  const Document document = read(PickleBytes()
                                     .proto(4)
                                     .mark()
                                     .joblib_array("O8", {2})
                                     .raw(nested_names().text())
                                     .string("after")
                                     .op(Opcode::tuple)
                                     .stop());
  const auto items = document.items(document.root());
  EXPECT_EQ(document.element_text(items[0], 0), "age");
  EXPECT_EQ(document.element_text(items[0], 1), "sex");
  EXPECT_EQ(document.string(items[1]), "after");
}

TEST(PickleJoblib, NestedPickleMustBeTheAnnouncedArray) {
  EXPECT_EQ(code_of(PickleBytes().proto(4).joblib_array("O8", {3}).raw(nested_names().text()).stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(code_of(PickleBytes().proto(4).joblib_array("O8", {2}).proto(2).none().stop().stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleJoblib, NestedPickleHasItsOwnMemo) {
  EXPECT_EQ(code_of(PickleBytes()
                        .proto(4)
                        .string("outer")
                        .memoize()
                        .joblib_array("O8", {1})
                        .proto(2)
                        .begin_array("O8", "|", {1})
                        .mark()
                        .get(0)
                        .op(Opcode::list)
                        .end_array()
                        .stop()
                        .op(Opcode::tuple2)
                        .stop()),
            ErrorCode::corrupt_file);
}

TEST(PickleJoblib, NestingStopsAtOneLevel) {
  EXPECT_EQ(code_of(PickleBytes()
                        .proto(4)
                        .joblib_array("O8", {2})
                        .proto(4)
                        .joblib_array("f8", {1})
                        .raw(memory_of(Reals{1}))
                        .stop()
                        .stop()),
            ErrorCode::limit_exceeded);
}

TEST(PickleJoblib, OldSklearnModuleIsTheSame) {
  const Document document = read(PickleBytes()
                                     .proto(2)
                                     .instance("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper")
                                     .begin_state()
                                     .string("subclass")
                                     .global("numpy", "ndarray")
                                     .string("shape")
                                     .shape({})
                                     .string("order")
                                     .string("C")
                                     .string("dtype")
                                     .dtype("f8", "<")
                                     .string("allow_mmap")
                                     .op(Opcode::newtrue)
                                     .end_state()
                                     .raw(memory_of(Reals{9}))
                                     .stop());
  EXPECT_EQ(numbers<double>(document.array(document.root())), (Reals{9}));
}

TEST(PickleJoblib, MultiFileDumpsAreRefusedWithTheRemedy) {
  for (const char* name : {"NDArrayWrapper", "ZNDArrayWrapper"}) {
    try {
      read(p2().instance("joblib.numpy_pickle", name).stop());
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      EXPECT_NE(std::string(error.what()).find("re-save it with joblib 0.10"), std::string::npos)
          << error.what();
    }
  }
}

// --- accessors
// ---------------------------------------------------------------------------------------------------

TEST(PickleDocument, WrongAccessorThrowsInsteadOfReadingOn) {
  const Document document = read(p2().integer(1).stop());
  const NodeId root = document.root();
  EXPECT_THROW(document.string(root), Error);
  EXPECT_THROW(document.items(root), Error);
  EXPECT_THROW(document.array(root), Error);
  EXPECT_THROW(document.attribute(root, "a"), Error);
  EXPECT_THROW(document.module(root), Error);
  EXPECT_THROW(document.real(root), Error);
}

TEST(PickleDocument, StaysValidWhenMoved) {
  Document first = read(p2().begin_array("f8", "<", {1}).bytes(memory_of(Reals{4})).end_array().stop());
  const Document second = std::move(first);
  EXPECT_EQ(numbers<double>(second.array(second.root())), (Reals{4}));
}

}  // namespace
}  // namespace evenscore::pickle
