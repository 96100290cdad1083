// Streams made to harm a reader. Each must end in an Error or be reported by find_unsupported, in little time
// and memory; run under AddressSanitizer they must also touch nothing that is not theirs.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/stream.h"
#include "pickle/unsupported.h"
#include "support/pickle_bytes.h"

namespace evenscore::pickle {
namespace {

using namespace std::string_literals;

constexpr AllowedClass kAllowed[] = {
    {"sklearn.pipeline", "Pipeline", Role::object},
    {"sklearn.preprocessing._data", "StandardScaler", Role::object},
    {"sklearn.linear_model._logistic", "LogisticRegression", Role::object},
    {"shop", "Loss", Role::inert_object},
};

Document read(const PickleBytes& stream) {
  return parse(stream.span(), kAllowed, Limits());
}

ErrorCode refusal_of(const PickleBytes& stream) {
  try {
    read(stream);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "the stream was accepted";
  return ErrorCode::bad_request;
}

std::vector<UnsupportedValue> reported(const PickleBytes& stream) {
  return find_unsupported(read(stream));
}

PickleBytes p2() {
  return PickleBytes().proto(2);
}

PickleBytes payload() {
  return PickleBytes().call("posix", "system", "echo harm");
}

void expect_reported(const PickleBytes& stream, const std::string& path) {
  const auto found = reported(stream);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].module, "posix");
  EXPECT_EQ(found[0].name, "system");
  EXPECT_EQ(found[0].path, path);
  EXPECT_TRUE(found[0].called);
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

/// Fails when `function` takes a second of processor time or 200 MiB more than the process had before.
void expect_cheap(const std::function<void()>& function) {
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  function();
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  if (kSanitized) return;
  const auto seconds = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
  };
  EXPECT_LT(seconds(after) - seconds(before), 1.0) << "processor time";
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 200 << 10) << "KiB of memory";
}

// --- calls in every place
// ----------------------------------------------------------------------------------------

TEST(HostileCall, AtTheRoot) {
  expect_reported(p2().raw(payload().text()).stop(), "(root)");
}

PickleBytes pipeline_with_step(const PickleBytes& step) {
  PickleBytes stream = p2().instance("sklearn.pipeline", "Pipeline").begin_state().string("steps");
  stream.mark().string("scale").none().op(Opcode::tuple2).string("model").raw(step.text()).op(Opcode::tuple2);
  return stream.op(Opcode::list).string("_sklearn_version").string("1.5.2").end_state().stop();
}

TEST(HostileCall, InAPipelineStep) {
  const PickleBytes stream = pipeline_with_step(payload());
  expect_reported(stream, "steps[1][1]");
  EXPECT_EQ(reported(stream).at(0).sklearn_version, "1.5.2");
}

TEST(HostileCall, InTheStateOfAStep) {
  const PickleBytes step = PickleBytes()
                               .instance("sklearn.linear_model._logistic", "LogisticRegression")
                               .begin_state()
                               .string("C")
                               .raw(payload().text())
                               .string("_sklearn_version")
                               .string("1.2.2")
                               .end_state();
  expect_reported(pipeline_with_step(step), "steps[1][1].C");
  EXPECT_EQ(reported(pipeline_with_step(step)).at(0).sklearn_version, "1.2.2");
}

TEST(HostileCall, AsADictKeyAndValue) {
  expect_reported(p2().op(Opcode::empty_dict).string("a").raw(payload().text()).op(Opcode::setitem).stop(),
                  "['a']");
  expect_reported(p2().op(Opcode::empty_dict).raw(payload().text()).none().op(Opcode::setitem).stop(),
                  "[(an unsupported object)]");
}

TEST(HostileCall, ByNewobj) {
  const auto found = reported(p2().instance("subprocess", "Popen").stop());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].called);
}

TEST(HostileCall, ByBuildOnAClass) {
  expect_reported(p2().global("posix", "system").op(Opcode::empty_dict).op(Opcode::build).stop(), "(root)");
  const auto known =
      reported(p2().global("sklearn.pipeline", "Pipeline").op(Opcode::empty_dict).op(Opcode::build).stop());
  EXPECT_EQ(known.size(), 1u);
}

TEST(HostileCall, OnTheResultOfACall) {
  const auto found =
      reported(p2().call("builtins", "getattr", "x").op(Opcode::empty_tuple).op(Opcode::reduce).stop());
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].name, "getattr");
}

TEST(HostileCall, InsideAnInertValue) {
  expect_reported(
      p2().global("shop", "Loss").raw(payload().text()).op(Opcode::tuple1).op(Opcode::reduce).stop(),
      "(arguments)[0]");
  expect_reported(p2().global("shop", "Loss")
                      .op(Opcode::empty_tuple)
                      .op(Opcode::reduce)
                      .begin_state()
                      .string("a")
                      .raw(payload().text())
                      .end_state()
                      .stop(),
                  "a");
}

TEST(HostileCall, InsideTheArgumentsOfAnotherCall) {
  const auto found =
      reported(p2().global("mod", "f").raw(payload().text()).op(Opcode::tuple1).op(Opcode::reduce).stop());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "f");
  EXPECT_EQ(found[1].path, "(arguments)[0]");
}

TEST(HostileCall, InAnObjectArray) {
  expect_reported(
      p2().begin_array("O8", "|", {1}).mark().raw(payload().text()).op(Opcode::list).end_array().stop(),
      "[0]");
}

TEST(HostileCall, InAJoblibObjectArray) {
  expect_reported(PickleBytes()
                      .proto(4)
                      .joblib_array("O8", {2})
                      .proto(5)
                      .begin_array("O8", "|", {2})
                      .mark()
                      .none()
                      .raw(payload().text())
                      .op(Opcode::list)
                      .end_array()
                      .stop()
                      .stop(),
                  "[1]");
}

TEST(HostileCall, AfterRawArrayBytes) {
  expect_reported(PickleBytes()
                      .proto(4)
                      .mark()
                      .joblib_array("f8", {2}, 'C', true)
                      .raw("\x01\xFF")
                      .raw(memory_of<double>({1, 2}))
                      .raw(payload().text())
                      .op(Opcode::tuple)
                      .stop(),
                  "[1]");
}

TEST(HostileCall, OverwrittenByALaterValueOfTheSameKey) {
  expect_reported(p2().op(Opcode::empty_dict)
                      .mark()
                      .string("a")
                      .raw(payload().text())
                      .string("a")
                      .none()
                      .op(Opcode::setitems)
                      .stop(),
                  "(not in the object tree)");
}

TEST(HostileCall, DroppedAsAFactoryOrLayout) {
  expect_reported(p2().global("collections", "defaultdict")
                      .raw(payload().text())
                      .op(Opcode::tuple1)
                      .op(Opcode::reduce)
                      .stop(),
                  "(not in the object tree)");
}

TEST(HostileCall, InPlaceOfTheVersionOfANestedArray) {
  PickleBytes stream = PickleBytes().proto(4).joblib_array("O8", {0}).proto(5);
  stream.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray").shape({0}).bytes("b");
  stream.op(Opcode::tuple3).op(Opcode::reduce).mark().raw(payload().text()).shape({0}).dtype("O8", "|");
  stream.op(Opcode::newfalse).op(Opcode::empty_list).end_array().stop().stop();
  EXPECT_EQ(refusal_of(stream), ErrorCode::corrupt_file);
}

TEST(HostileCall, DottedNamesMatchNoAllowedClass) {
  const auto found = reported(PickleBytes()
                                  .proto(4)
                                  .string("sklearn.pipeline")
                                  .string("Pipeline.__init__.__globals__")
                                  .op(Opcode::stack_global)
                                  .op(Opcode::empty_tuple)
                                  .op(Opcode::newobj)
                                  .stop());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "Pipeline.__init__.__globals__");
}

TEST(HostileCall, NamesWithNulOrSpacesMatchNoAllowedClass) {
  for (const std::string& name : {"Pipeline\0"s, "Pipeline "s, "pipeline"s, "Pipeline\r"s}) {
    EXPECT_EQ(reported(p2().global("sklearn.pipeline", name).stop()).size(), 1u);
  }
}

TEST(HostileCall, CallerCannotRedefineADataConstructor) {
  constexpr AllowedClass kConfused[] = {{"numpy", "dtype", Role::object}};
  const PickleBytes stream = p2().dtype("f8", "<").stop();
  const Document document = parse(stream.span(), kConfused, Limits());
  EXPECT_EQ(document.kind(document.root()), Kind::dtype);
}

TEST(HostileCall, ListOfFindingsIsLimited) {
  PickleBytes stream = p2().mark();
  for (int i = 0; i < 500; ++i) stream.global("m", std::to_string(i));
  EXPECT_EQ(reported(stream.op(Opcode::list).stop()).size(), 100u);
}

class RefusedOpcode : public testing::TestWithParam<std::pair<const char*, std::string>> {};

TEST_P(RefusedOpcode, StopsTheParseByName) {
  try {
    read(p2().mark().none().raw(GetParam().second).stop());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(error.cause().find(std::string("opcode ").append(GetParam().first).append(" ")),
              std::string::npos)
        << error.what();
    EXPECT_EQ(error.place(), "byte 4 of the pickle");
  }
}

INSTANTIATE_TEST_SUITE_P(Pickle, RefusedOpcode,
                         testing::Values(std::pair{"INST", "iposix\nsystem\n"s}, std::pair{"OBJ", "o"s},
                                         std::pair{"PERSID", "Pid\n"s}, std::pair{"BINPERSID", "Q"s},
                                         std::pair{"EXT1", "\x82\x01"s}, std::pair{"EXT2", "\x83\x01\0"s},
                                         std::pair{"EXT4", "\x84\x01\0\0\0"s},
                                         std::pair{"NEXT_BUFFER", "\x97"s},
                                         std::pair{"READONLY_BUFFER", "\x98"s}, std::pair{"DUP", "2"s},
                                         std::pair{"POP", "0"s}, std::pair{"POP_MARK", "1"s}),
                         [](const auto& test) { return std::string(test.param.first); });

// --- exhaustion
// --------------------------------------------------------------------------------------------------

TEST(HostileSize, ListChain) {
  expect_cheap([] {
    const std::string chain(200'000, ']');
    EXPECT_EQ(refusal_of(p2().raw(chain).raw(std::string(chain.size() - 1, 'a')).stop()),
              ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, TupleChain) {
  expect_cheap([] {
    EXPECT_EQ(refusal_of(p2().none().raw(std::string(500'000, '\x85')).stop()), ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, DepthUpToTheLimitIsFine) {
  EXPECT_NO_THROW(read(p2().none().raw(std::string(511, '\x85')).stop()));
  EXPECT_EQ(refusal_of(p2().none().raw(std::string(512, '\x85')).stop()), ErrorCode::limit_exceeded);
}

TEST(HostileSize, DepthThroughSharedValuesCounts) {
  PickleBytes stream = p2().mark().none().memoize();
  for (int part = 0; part < 6; ++part) {
    stream.get(static_cast<uint8_t>(part)).raw(std::string(100, '\x85')).memoize();
  }
  EXPECT_EQ(refusal_of(stream.op(Opcode::tuple).stop()), ErrorCode::limit_exceeded);
}

TEST(HostileSize, SelfContainingListAndDict) {
  expect_cheap([] {
    const auto list = reported(p2().op(Opcode::empty_list).memoize().get(0).op(Opcode::append).stop());
    EXPECT_TRUE(list.empty());
    const auto dict =
        reported(p2().op(Opcode::empty_dict).memoize().none().get(0).op(Opcode::setitem).stop());
    EXPECT_TRUE(dict.empty());
  });
}

TEST(HostileSize, UnhashableDictKey) {
  EXPECT_EQ(refusal_of(p2().op(Opcode::empty_dict).op(Opcode::empty_list).none().op(Opcode::setitem).stop()),
            ErrorCode::corrupt_file);
}

TEST(HostileSize, TrailingBytes) {
  EXPECT_EQ(refusal_of(p2().none().stop().raw(payload().text()).stop()), ErrorCode::corrupt_file);
}

TEST(HostileSize, HugeMemoIndices) {
  expect_cheap([] {
    EXPECT_EQ(refusal_of(p2().none().op(Opcode::long_binput).number(0xFFFFFFFE, 4).stop()),
              ErrorCode::corrupt_file);
    EXPECT_EQ(refusal_of(PickleBytes().none().raw("p9999999999\n").stop()), ErrorCode::corrupt_file);
  });
}

TEST(HostileSize, NegativeArrayDimension) {
  EXPECT_EQ(refusal_of(p2().begin_array("f8", "<", {-1, -1}).bytes("").end_array().stop()),
            ErrorCode::corrupt_file);
  EXPECT_EQ(refusal_of(PickleBytes().proto(4).joblib_array("f8", {-8}).stop()), ErrorCode::corrupt_file);
}

TEST(HostileSize, ArrayLargerThanTheFile) {
  expect_cheap([] {
    EXPECT_EQ(refusal_of(PickleBytes().proto(4).joblib_array("f8", {0x7FFFFFFF}).raw("few bytes").stop()),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(refusal_of(PickleBytes().proto(4).joblib_array("f8", {100}).raw("few bytes").stop()),
              ErrorCode::corrupt_file);
  });
}

TEST(HostileSize, ZlibBombs) {
  for (const char filler : {'N', '\x94'}) {
    for (const size_t mebibytes : {63, 128}) {
      std::string bomb(1 << 20, '\0');
      const std::string stream = "\x80\x04N" + std::string(mebibytes << 20, filler);
      uLongf size = bomb.size();
      ASSERT_EQ(compress2(reinterpret_cast<Bytef*>(bomb.data()), &size,
                          reinterpret_cast<const Bytef*>(stream.data()), stream.size(), 9),
                Z_OK);
      bomb.resize(size);
      expect_cheap(
          [&] { EXPECT_THROW(parse(open_stream(std::as_bytes(std::span(bomb)), {}), kAllowed, {}), Error); });
    }
  }
}

TEST(HostileSize, DoublingReferences) {
  expect_cheap([] {
    PickleBytes stream = p2().none().memoize();
    for (int level = 0; level < 64; ++level) {
      stream.get(static_cast<uint8_t>(level)).get(static_cast<uint8_t>(level)).op(Opcode::tuple2).memoize();
    }
    PickleBytes doubling = p2().mark().raw(stream.text().substr(2)).op(Opcode::tuple).stop();
    EXPECT_TRUE(reported(doubling).empty());
  });
}

TEST(HostileSize, RepeatedCopiesOfALongSharedString) {
  expect_cheap([] {
    PickleBytes stream = p2().string(std::string(500'000, 'a')).memoize().string("latin1").memoize().mark();
    for (int i = 0; i < 30'000; ++i) {
      stream.global("_codecs", "encode").get(0).get(1).op(Opcode::tuple2).op(Opcode::reduce);
    }
    EXPECT_EQ(refusal_of(stream.op(Opcode::tuple).op(Opcode::tuple3).stop()), ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, RepeatedCopiesOfALongSharedList) {
  expect_cheap([] {
    PickleBytes stream = p2().mark().raw(std::string(200'000, 'N')).op(Opcode::list).memoize().mark();
    for (int i = 0; i < 30'000; ++i) {
      stream.global("builtins", "set").get(0).op(Opcode::tuple1).op(Opcode::reduce);
    }
    EXPECT_EQ(refusal_of(stream.op(Opcode::tuple).op(Opcode::tuple2).stop()), ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, RepeatedReorderedCopiesOfOneBuffer) {
  expect_cheap([] {
    PickleBytes stream = PickleBytes()
                             .proto(5)
                             .bytes(std::string(400'000, 'b'))
                             .memoize()
                             .dtype("S1", "|", 1)
                             .memoize()
                             .shape({400, 1000})
                             .memoize()
                             .mark();
    for (int i = 0; i < 5'000; ++i) {
      stream.global("numpy.core.numeric", "_frombuffer")
          .mark()
          .get(0)
          .get(1)
          .get(2)
          .string("F")
          .op(Opcode::tuple)
          .op(Opcode::reduce);
    }
    EXPECT_EQ(refusal_of(stream.op(Opcode::tuple).stop()), ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, EqualLongKeysInManyDicts) {
  expect_cheap([] {
    const std::string key(300'000, 'k');
    PickleBytes stream = p2().mark().string(key).memoize().string(key).memoize();
    for (int i = 0; i < 30'000; ++i) {
      stream.op(Opcode::empty_dict).mark().get(0).none().get(1).none().op(Opcode::setitems);
    }
    EXPECT_NO_THROW(read(stream.op(Opcode::tuple).stop()));
  });
}

TEST(HostileSize, ManySmallValues) {
  expect_cheap([] {
    EXPECT_EQ(refusal_of(p2().raw(std::string(1'000'000, '}')).stop()), ErrorCode::limit_exceeded);
    EXPECT_EQ(refusal_of(p2().mark().raw(std::string(1'000'000, 'N'))), ErrorCode::corrupt_file);
    EXPECT_EQ(refusal_of(p2().raw(std::string(1'000'000, '('))), ErrorCode::limit_exceeded);
  });
}

TEST(HostileSize, ManyObjectsSharingOneLargeState) {
  expect_cheap([] {
    PickleBytes stream = p2().op(Opcode::empty_dict).memoize().mark();
    for (int i = 0; i < 40'000; ++i) stream.integer(i).none();
    stream.op(Opcode::setitems).mark();
    for (int i = 0; i < 15'000; ++i) {
      stream.global("shop", "Loss").op(Opcode::empty_tuple).op(Opcode::newobj).get(0).op(Opcode::build);
    }
    EXPECT_TRUE(reported(stream.op(Opcode::tuple).op(Opcode::tuple2).stop()).empty());
  });
}

TEST(HostileSize, StackAndMemoCountAsMemory) {
  expect_cheap([] {
    // One value, and millions of references to it: two bytes of stream, or one, for each.
    std::string gets;
    for (int i = 0; i < 8'000'000; ++i) gets += "h\0"s;
    for (const std::string& references : {gets, std::string(8'000'000, '\x94')}) {
      const PickleBytes stream = p2().none().memoize().mark().none().raw(references).op(Opcode::tuple).stop();
      Stream compressed{{stream.span().begin(), stream.span().end()}, 1 << 20};
      Limits limits;
      limits.memory_floor = 16 << 20;
      limits.memory_per_file_byte = 8;
      try {
        parse(std::move(compressed), kAllowed, limits);
        ADD_FAILURE() << "accepted";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::limit_exceeded) << error.what();
        EXPECT_NE(error.remedy().find("decompress it yourself"), std::string::npos);
      }
    }
  });
}

TEST(HostileSize, CompressedStreamIsGrantedNoMoreThanItsFileDeserves) {
  const PickleBytes stream = p2().mark().raw(std::string(4'000'000, 'N')).op(Opcode::tuple).stop();
  const std::vector<std::byte> bytes(stream.span().begin(), stream.span().end());
  EXPECT_NO_THROW(parse(Stream{bytes, bytes.size()}, kAllowed, {}));
  EXPECT_THROW(parse(Stream{bytes, 4'000}, kAllowed, {}), Error);
}

TEST(HostileSize, DimensionsAndItemsHaveALimit) {
  const auto with_dimensions = [](size_t count) {
    const std::vector<int32_t> lengths(count, 1);
    return p2().begin_array("f8", "<", lengths).bytes(std::string(8, '\0')).end_array().stop();
  };
  EXPECT_NO_THROW(read(with_dimensions(8)));
  EXPECT_EQ(refusal_of(with_dimensions(9)), ErrorCode::limit_exceeded);
  EXPECT_NO_THROW(read(p2().dtype("S65536", "|", 65536).stop()));
  EXPECT_EQ(refusal_of(p2().dtype("S65537", "|", 65537).stop()), ErrorCode::limit_exceeded);
  EXPECT_EQ(refusal_of(p2().dtype("U16385", "<", 65540).stop()), ErrorCode::limit_exceeded);
}

TEST(HostileSize, LengthsBesideAZeroMayNotMultiplyBeyondTheFile) {
  constexpr int32_t kHuge = 0x7FFFFFFF;
  for (const std::vector<int32_t>& shape :
       {std::vector<int32_t>{0, kHuge}, {kHuge, 0}, {kHuge, kHuge, kHuge, 0}, {kHuge, kHuge, 4, kHuge}}) {
    EXPECT_EQ(refusal_of(p2().begin_array("f8", "<", shape).bytes("").end_array().stop()),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(refusal_of(PickleBytes().proto(4).joblib_array("f8", shape).stop()), ErrorCode::limit_exceeded);
  }
}

TEST(HostileSize, IntegersAndNamesHaveALimit) {
  const std::string digits(64, '9');
  EXPECT_NO_THROW(read(PickleBytes().raw("L" + digits + "L\n").stop()));
  EXPECT_EQ(refusal_of(PickleBytes().raw("L" + digits + "9L\n").stop()), ErrorCode::limit_exceeded);
  EXPECT_NO_THROW(read(PickleBytes().raw("I" + digits + "\n").stop()));
  EXPECT_EQ(refusal_of(PickleBytes().raw("I" + digits + "99\n").stop()), ErrorCode::limit_exceeded);
  EXPECT_NO_THROW(read(p2().op(Opcode::long1).number(64, 1).raw(std::string(64, '\x11')).stop()));
  EXPECT_EQ(refusal_of(p2().op(Opcode::long1).number(65, 1).raw(std::string(65, '\x11')).stop()),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(reported(p2().global("m", std::string(256, 'n')).stop()).size(), 1u);
  EXPECT_EQ(refusal_of(p2().global("m", std::string(257, 'n')).stop()), ErrorCode::limit_exceeded);
  const std::string long_name(257, 'n');
  EXPECT_EQ(refusal_of(PickleBytes().proto(4).string("m").string(long_name).op(Opcode::stack_global).stop()),
            ErrorCode::limit_exceeded);
}

TEST(HostileSize, TextWithoutAnEndIsNotSearchedAgainAndAgain) {
  expect_cheap([] {
    EXPECT_EQ(refusal_of(PickleBytes().mark().raw("V").raw(std::string(17 << 20, 'a'))),
              ErrorCode::limit_exceeded);
    EXPECT_EQ(refusal_of(PickleBytes().mark().raw("S'").raw(std::string(17 << 20, 'a'))),
              ErrorCode::limit_exceeded);
  });
}

// --- damage
// ------------------------------------------------------------------------------------------------------

std::vector<std::byte> sample(const char* path) {
  return read_stream((std::filesystem::path(EVENSCORE_TEST_DATA) / path).string(), {}).bytes;
}

constexpr const char* kModels[] = {"sklearn/1.5.2/binary.joblib", "sklearn/0.24.2/binary_p2.pkl",
                                   "sklearn/1.9.1/binary_p5.pkl",
                                   "sklearn/1.8.0/object_string_classes.joblib"};

TEST(HostileDamage, EveryPrefixOfAModelIsAnError) {
  for (const char* path : kModels) {
    const std::vector<std::byte> whole = sample(path);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::span<const std::byte> prefix = std::span(whole).first(size);
      EXPECT_THROW(parse(prefix, kAllowed, Limits()), Error) << path << ", " << size << " bytes";
    }
  }
}

TEST(HostileDamage, EveryChangedByteOfAModelIsReadOrRefused) {
  for (const char* path : kModels) {
    std::vector<std::byte> bytes = sample(path);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const unsigned flip : {0x01u, 0x80u, 0xFFu, 0x20u}) {
        const std::byte before = bytes[at];
        bytes[at] ^= static_cast<std::byte>(flip);
        try {
          find_unsupported(parse(std::span<const std::byte>(bytes), kAllowed, Limits()));
        } catch (const Error&) {
        }
        bytes[at] = before;
      }
    }
  }
}

TEST(HostileDamage, AChangedClassNameIsAlwaysNoticed) {
  std::vector<std::byte> bytes = sample("sklearn/1.5.2/binary.joblib");
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const std::string name : {"StandardScaler", "LogisticRegression", "Pipeline"}) {
    const size_t at = text.find(name);
    ASSERT_NE(at, std::string::npos);
    for (size_t i = 0; i < name.size(); ++i) {
      std::vector<std::byte> changed = bytes;
      changed[at + i] ^= std::byte{0x01};
      EXPECT_FALSE(find_unsupported(parse(changed, kAllowed, Limits())).empty()) << name << " " << i;
    }
  }
}

TEST(HostileDamage, RandomStreamsOfOpcodesAreReadOrRefused) {
  constexpr char kOpcodes[] =
      "(.NIJKMGXUCT]})ltdaesuqhrjRbc\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x91\x92\x93\x94\x95";
  uint64_t seed = 12345;
  const auto next = [&seed] {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<size_t>(seed >> 33);
  };
  const PickleBytes pieces[] = {PickleBytes().dtype("f8", "<"),
                                PickleBytes().shape({2}),
                                PickleBytes().bytes("b"),
                                PickleBytes().global("numpy.core.multiarray", "_reconstruct"),
                                payload(),
                                PickleBytes().joblib_array("f8", {1}),
                                PickleBytes().global("builtins", "set"),
                                PickleBytes().instance("sklearn.pipeline", "Pipeline").begin_state()};
  for (int round = 0; round < 50'000; ++round) {
    PickleBytes stream = p2();
    for (size_t length = next() % 40; length > 0; --length) {
      if (next() % 4 == 0) {
        stream.raw(pieces[next() % std::size(pieces)].text());
      } else {
        stream.raw(std::string(1, kOpcodes[next() % (sizeof kOpcodes - 1)]));
      }
    }
    try {
      find_unsupported(read(stream.stop()));
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace evenscore::pickle
