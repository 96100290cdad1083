// What `inspect` says of files that cannot be scored, hostile ones above all. Payloads name posix.system,
// which nothing here could run.
#include "evenscore/xray.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/stream.h"
#include "pickle/xray.h"
#include "support/pickle_bytes.h"

namespace evenscore {
namespace {

using pickle::memory_of;
using pickle::Opcode;
using pickle::PickleBytes;

const std::filesystem::path kData = EVENSCORE_TEST_DATA;

PickleBytes p2() {
  return PickleBytes().proto(2);
}

PickleBytes payload() {
  return PickleBytes().call("posix", "system", "echo harm");
}

Xray xray_of(const std::string& bytes) {
  return xray(std::as_bytes(std::span(bytes)));
}

Xray xray_of(const PickleBytes& stream) {
  return xray_of(stream.text());
}

/// The entry that runs `name` by `opcode`; a failure and an empty one where there is none.
XrayCallable code(const Xray& found, const std::string& name, const std::string& opcode) {
  EXPECT_EQ(found.verdict, XrayVerdict::runs_code);
  for (const XrayCallable& one : found.callables) {
    if (one.name == name && one.opcode == opcode && !one.reason.empty()) return one;
  }
  ADD_FAILURE() << name << " by " << opcode << " is not reported";
  return {};
}

std::string compressed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
           text.size());
  out.resize(size);
  return out;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Verdict, NumbersTextsAndArraysArePlainData) {
  const Xray found = xray_of(read(kData / "pickle/numpy2.joblib"));
  EXPECT_EQ(found.verdict, XrayVerdict::plain_data);
  EXPECT_GT(found.arrays_total, 5u);
  EXPECT_EQ(found.classes_total, 0u);
  EXPECT_EQ(found.code_total, 0u);
  EXPECT_EQ(found.read_bytes, found.file_bytes);
}

TEST(Verdict, AModelOfUnsupportedClassesIsHarmless) {
  // unsupported.joblib holds a scaler and a decision tree: scripts/make_fixtures.py.
  const Xray found = xray_of(read(kData / "sklearn/1.9.1/refused/unsupported.joblib"));
  EXPECT_EQ(found.verdict, XrayVerdict::harmless);
  EXPECT_TRUE(found.notes.empty());
  ASSERT_FALSE(found.objects.empty());
  EXPECT_EQ(found.objects[0].class_name, "sklearn.pipeline.Pipeline");
  EXPECT_EQ(found.objects[0].path, "(root)");
  EXPECT_EQ(found.objects[0].sklearn_version, "1.9.1");
}

TEST(Verdict, EveryFileThatParsesIsReadToItsEndWithoutCode) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kData)) {
    const std::string ending = entry.path().extension().string();
    if (ending != ".pkl" && ending != ".joblib") continue;
    const std::string bytes = read(entry.path());
    pickle::Stream stream;
    try {
      stream = pickle::open_stream(std::as_bytes(std::span(bytes)), {});
      pickle::parse(stream, {}, {});
    } catch (const Error&) {
      continue;
    }
    SCOPED_TRACE(entry.path());
    // Distributions of scipy.stats are code, see below.
    if (entry.path().string().find("random_search") != std::string::npos) continue;
    const Xray found = xray_of(bytes);
    EXPECT_EQ(found.stopped, "");
    EXPECT_EQ(found.read_bytes, stream.bytes.size());
    EXPECT_EQ(found.pickles, 1u);
    EXPECT_TRUE(found.notes.empty());
    EXPECT_EQ(found.code_total, 0u) << found.callables[0].name;
    ++files;
  }
  EXPECT_GT(files, 100u);
}

TEST(Verdict, SourceTextInADistributionIsCode) {
  // scipy.stats distributions execute a text of their state while they are loaded.
  const Xray found = xray_of(p2().instance("scipy.stats._continuous_distns", "norm_gen")
                                 .begin_state()
                                 .string("_parse_arg_template")
                                 .string("raise SystemExit")
                                 .end_state()
                                 .stop());
  code(found, "scipy.stats._continuous_distns.norm_gen", "NEWOBJ");
}

TEST(Verdict, WhatCouldNotAllBeReadIsNeverCalledHarmless) {
  const std::string model = read(kData / "sklearn/1.9.1/binary.joblib");
  const Xray found = xray_of(model.substr(0, model.size() / 2));
  EXPECT_EQ(found.verdict, XrayVerdict::unknown);
  EXPECT_NE(found.stopped, "");
  EXPECT_LT(found.read_bytes, model.size() / 2 + 1);
  EXPECT_FALSE(found.classes.empty());
  EXPECT_EQ(xray_of(std::string("PK\x03\x04 and more")).verdict, XrayVerdict::unknown);
  EXPECT_EQ(xray_of(std::string()).verdict, XrayVerdict::unknown);
}

TEST(Calls, AreListedWithOffsetAndPath) {
  const PickleBytes head = p2().op(Opcode::empty_dict).mark().string("a").op(Opcode::empty_list).mark();
  const Xray found =
      xray_of(PickleBytes(head).raw(payload().text()).op(Opcode::appends).op(Opcode::setitems).stop());
  const XrayCallable call = code(found, "posix.system", "REDUCE");
  EXPECT_EQ(call.offset, head.text().size() + payload().text().size() - 1);
  EXPECT_EQ(call.path, "['a'][0]");
  EXPECT_EQ(call.count, 1u);
  EXPECT_EQ(found.code_total, 1u);
}

TEST(Calls, AreFoundInEveryFormOfCall) {
  code(xray_of(p2().global("posix", "system").string("x").op(Opcode::tuple1).op(Opcode::newobj).stop()),
       "posix.system", "NEWOBJ");
  code(xray_of(PickleBytes()
                   .proto(4)
                   .global("posix", "system")
                   .string("x")
                   .op(Opcode::tuple1)
                   .op(Opcode::empty_dict)
                   .op(Opcode::newobj_ex)
                   .stop()),
       "posix.system", "NEWOBJ_EX");
  code(xray_of(PickleBytes().mark().string("x").op(Opcode::inst).raw("posix\nsystem\n").stop()),
       "posix.system", "INST");
  code(xray_of(p2().mark().global("posix", "system").string("x").op(Opcode::obj).stop()), "posix.system",
       "OBJ");
  code(xray_of(p2().op(Opcode::ext1).number(7, 1).op(Opcode::empty_tuple).op(Opcode::reduce).stop()),
       "copyreg.extension 7", "REDUCE");
  code(xray_of(p2().op(Opcode::persid).raw("id\n").stop()), "persistent_load", "PERSID");
  code(xray_of(p2().string("id").op(Opcode::binpersid).stop()), "persistent_load", "BINPERSID");
  code(xray_of(p2().global("antigravity", "fly").stop()), "antigravity.fly", "GLOBAL");
  code(xray_of(p2().global("sklearn.pipeline", "Pipeline.__init__.__globals__").stop()),
       "sklearn.pipeline.Pipeline.__init__.__globals__", "GLOBAL");
}

TEST(Calls, AreFoundInChains) {
  // getattr(posix, 'system')('x'): the second call is of what the first returned.
  const Xray found = xray_of(p2().global("builtins", "getattr")
                                 .string("a")
                                 .op(Opcode::tuple1)
                                 .op(Opcode::reduce)
                                 .op(Opcode::empty_tuple)
                                 .op(Opcode::reduce)
                                 .stop());
  EXPECT_EQ(code(found, "builtins.getattr", "REDUCE").count, 1u);
  EXPECT_EQ(found.code_total, 2u);
}

TEST(Calls, AreFoundThoughTheirResultIsHidden) {
  code(xray_of(p2().raw(payload().text()).op(Opcode::pop).op(Opcode::empty_dict).stop()), "posix.system",
       "REDUCE");
  code(xray_of(p2().mark().raw(payload().text()).op(Opcode::pop_mark).none().stop()), "posix.system",
       "REDUCE");
  code(xray_of(p2().none().raw(payload().text()).op(Opcode::binput).number(0, 1).op(Opcode::pop).stop()),
       "posix.system", "REDUCE");
  const Xray as_key =
      xray_of(p2().op(Opcode::empty_dict).raw(payload().text()).none().op(Opcode::setitem).stop());
  EXPECT_EQ(code(as_key, "posix.system", "REDUCE").path, "[(an unsupported object)]");
}

TEST(Differences, TheMemoIsPythons) {
  // MEMOIZE goes by how many entries there are, whatever their indices: here it replaces entry 1.
  const Xray found = xray_of(PickleBytes()
                                 .proto(4)
                                 .string("harmless")
                                 .op(Opcode::binput)
                                 .number(1, 1)
                                 .string("posix")
                                 .memoize()
                                 .get(1)
                                 .string("system")
                                 .op(Opcode::stack_global)
                                 .op(Opcode::empty_tuple)
                                 .op(Opcode::reduce)
                                 .stop());
  code(found, "posix.system", "REDUCE");
  const Xray far = xray_of(p2().global("posix", "system")
                               .op(Opcode::long_binput)
                               .number(0xFFFFFFFF, 4)
                               .op(Opcode::long_binget)
                               .number(0xFFFFFFFF, 4)
                               .op(Opcode::empty_tuple)
                               .op(Opcode::reduce)
                               .stop());
  code(far, "posix.system", "REDUCE");
}

TEST(Differences, OperandsOfStackGlobalComeFromTheMemo) {
  const Xray found = xray_of(PickleBytes()
                                 .proto(4)
                                 .string("system")
                                 .memoize()
                                 .string("posix")
                                 .memoize()
                                 .get(1)
                                 .get(0)
                                 .op(Opcode::stack_global)
                                 .op(Opcode::empty_tuple)
                                 .op(Opcode::reduce)
                                 .stop());
  code(found, "posix.system", "REDUCE");
}

TEST(Differences, APayloadAfterRawArrayBytesIsFound) {
  const std::string raw = memory_of<double>({1, 2, 3});
  PickleBytes stream =
      p2().mark().joblib_array("f8", {3}, 'C', true).raw(std::string("\x02\xFF\xFF")).raw(raw);
  const Xray found = xray_of(stream.raw(payload().text()).op(Opcode::list).stop());
  EXPECT_EQ(code(found, "posix.system", "REDUCE").path, "[1]");
  ASSERT_EQ(found.arrays.size(), 1u);
  EXPECT_EQ(found.arrays[0].path, "[0]");
  EXPECT_EQ(found.arrays[0].dtype, "float64");
  EXPECT_EQ(found.arrays[0].shape, std::vector<std::uint64_t>{3});
  EXPECT_EQ(found.arrays[0].bytes, 24u);
}

TEST(Differences, APayloadInANestedPickleIsFound) {
  PickleBytes nested =
      p2().begin_array("O8", "|", {1}).op(Opcode::empty_list).raw(payload().text()).op(Opcode::append);
  const Xray found = xray_of(p2().joblib_array("O8", {1}).raw(nested.end_array().stop().text()).stop());
  EXPECT_EQ(code(found, "posix.system", "REDUCE").path, "[0]");
  EXPECT_EQ(found.nested_pickles, 1u);
  // And after a nested pickle that is no array, which joblib would go on from.
  const Xray later = xray_of(p2().mark()
                                 .joblib_array("O8", {1})
                                 .raw(p2().none().stop().text())
                                 .raw(payload().text())
                                 .op(Opcode::list)
                                 .stop());
  code(later, "posix.system", "REDUCE");
}

TEST(Differences, ACompressedPayloadIsFound) {
  const Xray found = xray_of(compressed(p2().raw(payload().text()).stop().text()));
  code(found, "posix.system", "REDUCE");
  EXPECT_EQ(found.container, "a zlib-compressed joblib file");
}

TEST(Differences, ABrokenStreamDoesNotHideWhatRunsBefore) {
  for (const std::string& rest :
       {std::string(), std::string("\xFF\xFF"), std::string("X\xFF\xFF\xFF\x7F"), std::string("u")}) {
    const Xray found = xray_of(p2().raw(payload().text()).raw(rest).text());
    code(found, "posix.system", "REDUCE");
    EXPECT_NE(found.stopped, "");
  }
  // Protocol 0, where the container's detection looks at the last byte too.
  code(xray_of("cposix\nsystem\n(Vx\ntRgarbage"), "posix.system", "REDUCE");
}

TEST(Differences, APayloadInASecondPickleIsFound) {
  const Xray found = xray_of(p2().none().stop().raw(p2().raw(payload().text()).stop().text()));
  EXPECT_EQ(code(found, "posix.system", "REDUCE").path, "(pickle 2) (root)");
  EXPECT_EQ(found.pickles, 2u);
}

TEST(Differences, ArrayBytesThatPickleLoadWouldRunAreFound) {
  // joblib.load takes these eight-byte elements as numbers; pickle.load goes on with them as opcodes.
  std::string raw = PickleBytes().op(Opcode::pop).raw(payload().text()).stop().text();
  raw.resize((raw.size() + 7) / 8 * 8, '.');
  const int32_t count = static_cast<int32_t>(raw.size() / 8);
  const Xray found = xray_of(p2().joblib_array("f8", {count}).raw(raw).stop());
  EXPECT_NE(code(found, "posix.system", "REDUCE").reason.find("pickle.load"), std::string::npos);
  EXPECT_EQ(found.arrays_total, 1u);
}

TEST(Gadgets, KnownConstructorsGiveNoWayToUnknownOnes) {
  // NumPy calls the second argument with the first.
  code(xray_of(p2().global("numpy.random._pickle", "__randomstate_ctor")
                   .string("x")
                   .global("numpy", "load")
                   .op(Opcode::tuple2)
                   .op(Opcode::reduce)
                   .stop()),
       "numpy.random._pickle.__randomstate_ctor", "REDUCE");
  // Imports what its arguments name.
  code(xray_of(p2().global("numpy.core", "_ufunc_reconstruct")
                   .string("posix")
                   .string("system")
                   .op(Opcode::tuple2)
                   .op(Opcode::reduce)
                   .stop()),
       "numpy.core._ufunc_reconstruct", "REDUCE");
  code(xray_of(p2().global("_codecs", "encode")
                   .string("x")
                   .string("rot13")
                   .op(Opcode::tuple2)
                   .op(Opcode::reduce)
                   .stop()),
       "_codecs.encode", "REDUCE");
  code(xray_of(p2().global("copyreg", "_reconstructor")
                   .global("shop", "Item")
                   .global("builtins", "object")
                   .none()
                   .op(Opcode::tuple3)
                   .op(Opcode::reduce)
                   .stop()),
       "shop.Item", "REDUCE");
  code(xray_of(p2().global("collections", "defaultdict")
                   .global("posix", "system")
                   .op(Opcode::tuple1)
                   .op(Opcode::reduce)
                   .stop()),
       "posix.system", "REDUCE");
}

TEST(Gadgets, WritingIntoClassesModulesAndMethodsIsCode) {
  code(xray_of(p2().global("sys", "modules").string("json").none().op(Opcode::setitem).stop()), "sys.modules",
       "SETITEM");
  code(xray_of(
           p2().global("sklearn.pipeline", "Pipeline").begin_state().string("a").none().end_state().stop()),
       "sklearn.pipeline.Pipeline", "BUILD");
  PickleBytes twice =
      p2().instance("sklearn.pipeline", "Pipeline").begin_state().string("a").none().end_state();
  code(xray_of(twice.begin_state().string("b").none().end_state().stop()), "sklearn.pipeline.Pipeline",
       "BUILD");
  code(xray_of(p2().instance("sklearn.pipeline", "Pipeline")
                   .begin_state()
                   .string("__setstate__")
                   .global("numpy", "load")
                   .end_state()
                   .stop()),
       "sklearn.pipeline.Pipeline", "BUILD");
  PickleBytes items =
      p2().instance("sklearn.pipeline", "Pipeline").begin_state().string("append").none().end_state();
  code(xray_of(items.none().op(Opcode::append).stop()), "sklearn.pipeline.Pipeline", "APPEND");
  // joblib 0.9 opens the file that the state names.
  code(xray_of(p2().instance("joblib.numpy_pickle", "NDArrayWrapper").stop()),
       "joblib.numpy_pickle.NDArrayWrapper", "NEWOBJ");
}

TEST(Bounds, ListsAreBoundedAndTotalsAreNot) {
  PickleBytes stream = p2().mark();
  for (int i = 0; i < 5000; ++i) stream.call("m", std::to_string(i), "x");
  for (int i = 0; i < 5000; ++i) stream.instance("sklearn.pipeline", "Pipeline");
  for (int i = 0; i < 500; ++i) stream.joblib_array("u1", {1}).raw("x");
  const Xray found = xray_of(stream.op(Opcode::list).stop());
  EXPECT_EQ(found.code_total, 5000u);
  EXPECT_EQ(found.callables.size(), 100u);
  EXPECT_EQ(found.objects_total, 5000u);
  EXPECT_EQ(found.objects.size(), 100u);
  EXPECT_EQ(found.arrays_total, 500u);
  EXPECT_EQ(found.arrays.size(), 100u);
  EXPECT_EQ(found.array_bytes, 500u);
}

TEST(Bounds, ReferencesThatDoubleAndCyclesEnd) {
  PickleBytes stream = p2().op(Opcode::empty_list).op(Opcode::binput).number(0, 1);
  for (int i = 0; i < 60; ++i) {
    stream.op(Opcode::binput).number(1, 1).op(Opcode::empty_list).mark().get(1).get(1).op(Opcode::appends);
  }
  EXPECT_EQ(xray_of(stream.stop()).verdict, XrayVerdict::plain_data);
  EXPECT_EQ(
      xray_of(p2().op(Opcode::empty_list).op(Opcode::binput).number(0, 1).get(0).op(Opcode::append).stop())
          .verdict,
      XrayVerdict::plain_data);
  PickleBytes deep = p2();
  for (int i = 0; i < 100'000; ++i) deep.op(Opcode::empty_list);
  for (int i = 1; i < 100'000; ++i) deep.op(Opcode::append);
  EXPECT_EQ(xray_of(deep.stop()).stopped, "");
}

}  // namespace
}  // namespace evenscore
