// Predictions and labels of any writer: shapes, types, byte orders, and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "evenscore/prediction_file.h"
#include "support/expect_error.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using test::expect_error;
using test::FileMaker;
using test::TemporaryFolder;

TEST(FileLocation, SplitsAtTheLastColonSlash) {
  const TemporaryFolder folder;
  EXPECT_EQ(parse_file_location("a.h5").file, "a.h5");
  EXPECT_EQ(parse_file_location("a.h5").object, "/");
  EXPECT_EQ(parse_file_location("d:/e/a.h5:/g/h").file, "d:/e/a.h5");
  EXPECT_EQ(parse_file_location("d:/e/a.h5:/g/h").object, "/g/h");
  std::filesystem::create_directory(folder.file("d:"));
  test::write_bytes(folder.file("d:/a.h5"), {'x'});
  EXPECT_EQ(parse_file_location(folder.file("d:/a.h5")).object, "/");
}

TEST(PredictionSource, ReadsWhatItFindsInTheGroup) {
  const TemporaryFolder folder;
  const std::vector<double> proba{0.25, 0.75, 0.5, 0.5, 1, 0};
  {
    FileMaker file(folder.file("p.h5"));
    file.group("saved");
    file.numbers("saved/proba", ElementType::f64, {3, 2}, proba, {{2, 2}, true, 1, false});
    file.numbers("saved/log_proba", ElementType::f32, {3, 1}, std::vector<float>{1, 2, 3});
    file.numbers("saved/decision", ElementType::f64, {3}, std::vector<double>{-1, 0, 1});
    file.numbers("saved/label_index", ElementType::i64, {3}, std::vector<std::int64_t>{1, -1, 0});
    file.strings("saved/label", {"yes", "", "no"}, true);
    file.strings("saved/classes", {"no", "yes"}, false);
    file.string_attribute("saved", "rows_digest", {"abc"}, true);
  }
  const PredictionSource source(parse_file_location(folder.file("p.h5") + ":/saved"));
  EXPECT_EQ(source.count(), 3);
  EXPECT_TRUE(source.has(NumberOutput::proba));
  EXPECT_FALSE(source.has(NumberOutput::prediction));
  EXPECT_EQ(source.columns(NumberOutput::proba), 2);
  EXPECT_EQ(source.columns(NumberOutput::log_proba), 1);
  EXPECT_EQ(source.columns(NumberOutput::decision), 1);
  EXPECT_EQ(source.type(NumberOutput::log_proba), OutputType::f32);
  EXPECT_EQ(source.type(NumberOutput::proba), OutputType::f64);
  std::vector<double> two(4);
  source.read(NumberOutput::proba, 1, 2, reinterpret_cast<std::byte*>(two.data()));
  EXPECT_EQ(two, (std::vector<double>{0.5, 0.5, 1, 0}));
  float one = 0;
  source.read(NumberOutput::log_proba, 2, 1, reinterpret_cast<std::byte*>(&one));
  EXPECT_EQ(one, 3);
  EXPECT_EQ(source.read_label_index(0, 3), (std::vector<std::int32_t>{1, -1, 0}));
  EXPECT_EQ(source.labels()->read(0, 3).strings, (std::vector<std::string>{"yes", "", "no"}));
  EXPECT_EQ(source.classes()->strings, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(source.attribute("rows_digest"), "abc");
  EXPECT_EQ(source.attribute("outputs_digest"), std::nullopt);
  expect_error(ErrorCode::bad_request, {"p.h5"},
               [&] { source.read(NumberOutput::prediction, 0, 1, nullptr); });
  expect_error(ErrorCode::bad_request, {"p.h5"}, [&] { source.read(NumberOutput::proba, 2, 2, nullptr); });
}

TEST(PredictionSource, RefusesWhatContradicts) {
  const TemporaryFolder folder;
  const auto refused = [&](ErrorCode code, const std::vector<std::string>& parts, auto make) {
    {
      FileMaker file(folder.file("p.h5"));
      make(file);
    }
    expect_error(code, parts, [&] {
      const PredictionSource source({folder.file("p.h5"), "/"});
      if (source.has_label_index()) source.read_label_index(0, source.count());
    });
  };
  refused(ErrorCode::bad_request, {"p.h5", "none of label"}, [](FileMaker& file) { file.group("g"); });
  refused(ErrorCode::shape_mismatch, {"p.h5", "label has 2 rows and proba has 3"}, [](FileMaker& file) {
    file.numbers("proba", ElementType::f64, {3}, std::vector<double>(3));
    file.numbers("label", ElementType::i64, {2}, std::vector<std::int64_t>(2));
  });
  refused(ErrorCode::unsupported, {"/proba", "int64"}, [](FileMaker& file) {
    file.numbers("proba", ElementType::i64, {3}, std::vector<std::int64_t>(3));
  });
  refused(ErrorCode::shape_mismatch, {"/proba", "(1, 1, 1)"}, [](FileMaker& file) {
    file.numbers("proba", ElementType::f64, {1, 1, 1}, std::vector<double>(1));
  });
  refused(ErrorCode::unsupported, {"/label_index", "integers"}, [](FileMaker& file) {
    file.numbers("label_index", ElementType::f64, {1}, std::vector<double>(1));
  });
  refused(ErrorCode::corrupt_file, {"p.h5", "4294967296"}, [](FileMaker& file) {
    file.numbers("label_index", ElementType::i64, {1}, std::vector<std::int64_t>{std::int64_t{1} << 32});
  });
  expect_error(ErrorCode::bad_request, {"p.h5", "nowhere"}, [&] {
    PredictionSource({folder.file("p.h5"), "/nowhere"});
  });
  expect_error(ErrorCode::bad_request, {"p.h5", "not a group"}, [&] {
    PredictionSource({folder.file("p.h5"), "/label_index"});
  });
}

TEST(LabelSource, ReadsIntegersOfEveryWidth) {
  const TemporaryFolder folder;
  for (int i = static_cast<int>(ElementType::i8); i <= static_cast<int>(ElementType::u64); ++i) {
    const auto element = static_cast<ElementType>(i);
    SCOPED_TRACE(element_name(element));
    for (const bool big_endian : {false, true}) {
      std::vector<unsigned char> stored(3 * element_size(element), 0xFF);  // -1 or the largest
      stored[element_size(element) * (big_endian ? 2 : 1) - (big_endian ? 1 : element_size(element))] = 0xFE;
      {
        FileMaker file(folder.file("l.h5"));
        file.dataset("y", test::stored_type(element, big_endian), {3, 1}, stored.data());
      }
      const LabelSource source({folder.file("l.h5"), "/y"});
      EXPECT_EQ(source.kind(), LabelKind::integer);
      EXPECT_EQ(source.element(), element);
      EXPECT_EQ(source.count(), 3);
      const unsigned bits = 8 * static_cast<unsigned>(element_size(element));
      const std::int64_t all_ones =
          is_signed_integer(element) || bits == 64 ? -1 : (std::int64_t{1} << bits) - 1;
      const std::vector<std::int64_t> expected =
          big_endian ? std::vector<std::int64_t>{all_ones, all_ones - 1, all_ones}
                     : std::vector<std::int64_t>{all_ones - 1, all_ones, all_ones};
      EXPECT_EQ(source.read(0, 3).integers, expected);
      EXPECT_EQ(source.read(2, 1).integers, std::vector<std::int64_t>{all_ones});
    }
  }
}

TEST(LabelSource, ReadsFloatsBooleansAndStrings) {
  const TemporaryFolder folder;
  const std::vector<std::string> texts{"a", "", "caf\u00e9"};
  {
    FileMaker file(folder.file("l.h5"));
    const std::uint16_t halves[] = {0x3C00, 0xC100, 0x7C00};  // 1, -2.5, infinity
    file.dataset("half", test::stored_type(ElementType::f16, false), {3}, halves);
    file.numbers("single", ElementType::f32, {3}, std::vector<float>{0.1F, 2, 3});
    const std::uint8_t truth[] = {0, 1, 1};
    file.dataset("truth", test::boolean_type(), {3}, truth);
    file.strings("fixed", texts, false);
    file.strings("variable", texts, true);
  }
  const auto read = [&](const char* name) { return LabelSource({folder.file("l.h5"), name}).read(0, 3); };
  EXPECT_EQ(read("half").reals, (std::vector<double>{1, -2.5, HUGE_VAL}));
  EXPECT_EQ(read("single").reals, (std::vector<double>{static_cast<double>(0.1F), 2, 3}));
  EXPECT_EQ(read("truth").kind, LabelKind::boolean);
  EXPECT_EQ(read("truth").integers, (std::vector<std::int64_t>{0, 1, 1}));
  EXPECT_EQ(read("fixed").strings, texts);
  EXPECT_EQ(read("variable").strings, texts);
  EXPECT_EQ(LabelSource({folder.file("l.h5"), "variable"}).read(2, 1).strings,
            std::vector<std::string>{texts[2]});
}

TEST(LabelSource, RefusesWhatIsNoColumnOfLabels) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("l.h5"));
    file.numbers("matrix", ElementType::f64, {1, 2}, std::vector<double>(2));
    file.dataset("opaque", H5Tcreate(H5T_OPAQUE, 4), {2}, nullptr);
    file.dataset("bad_text", test::string_type(2), {1}, "\xff\xff");
    file.dataset("huge_text", test::string_type(1 << 20), {hsize_t{1} << 40}, nullptr,
                 {{1}, false, 1, false});
    file.group("g");
  }
  const auto refused = [&](const char* name, ErrorCode code, const std::vector<std::string>& parts) {
    expect_error(code, parts, [&] {
      const LabelSource source({folder.file("l.h5"), name});
      source.read(0, source.count());
    });
  };
  refused("matrix", ErrorCode::shape_mismatch, {"l.h5", "matrix", "(1, 2)"});
  refused("opaque", ErrorCode::unsupported, {"opaque"});
  refused("bad_text", ErrorCode::corrupt_file, {"bad_text", "UTF-8"});
  refused("huge_text", ErrorCode::limit_exceeded, {"huge_text"});
  refused("g", ErrorCode::bad_request, {"not a dataset"});
}

}  // namespace
}  // namespace evenscore
